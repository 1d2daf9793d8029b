import type { Cluster } from '../config/cluster.ts';
import { brandedPage, homeLink } from './branding/page.ts';

/** Path of the page after signing out; the gateway itself serves it, without a login. */
export const signedOutPath = '/oauth2/signed-out';

/** @returns the page, without scripts and external resources */
export function signedOutPage(cluster: Cluster): string {
  return brandedPage(cluster, {
    title: 'You are signed out',
    text: `You have left ${cluster.branding.name}.`,
    links: [homeLink(cluster, 'Sign in again')],
  });
}
