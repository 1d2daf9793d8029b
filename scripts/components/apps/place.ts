import type { App, Cluster } from '../../config/cluster.ts';
import { type PublicAddress, publicAddress } from '../address.ts';

/** Public address of an app. */
export interface AppPlace extends PublicAddress {
  /** Path prefix with a leading and trailing "/"; "/" on the app's own host. */
  path: string;
  /** URL without a trailing "/". */
  url: string;
}

/**
 * @returns the app's address on the cluster
 * @throws Error when the host is not known yet
 */
export function appPlace(cluster: Cluster, app: App): AppPlace {
  const address = publicAddress(cluster);
  const own = 'host' in app.place ? `${app.place.host}.` : '';
  const path = 'path' in app.place ? app.place.path : '/';
  const authority = `${own}${address.authority}`;
  const host = `${own}${address.host}`;
  return { ...address, host, authority, path, url: `https://${authority}${path}`.replace(/\/$/, '') };
}

/** @returns apps' own hosts, sorted; none while the platform's host is not known */
export function ownHosts(cluster: Cluster): AppPlace[] {
  if (cluster.knownHost === undefined) return [];
  return cluster.runningApps.filter(({ place }) => 'host' in place).map((app) => appPlace(cluster, app));
}

/** @returns whether any app has its own host; unlike {@link ownHosts}, also before the platform's host is known */
export function hasOwnHosts(cluster: Cluster): boolean {
  return cluster.runningApps.some(({ place }) => 'host' in place);
}

/** A served app, for checks of a running platform. */
export interface ExposedApp extends AppPlace {
  name: string;
  /** True when every logged-in user may open it. */
  everyone: boolean;
  groups: readonly string[];
  emails: readonly string[];
  /** Its identity headers, which must never be accepted from outside. */
  headers: readonly string[];
  token: boolean;
  /** Full paths where a request without a session gets 401. */
  apiPaths: readonly string[];
}

/** @returns every app served on the cluster; none while the host is not known */
export function exposedApps(cluster: Cluster): ExposedApp[] {
  if (cluster.knownHost === undefined) return [];
  return cluster.runningApps.map((app) => {
    const place = appPlace(cluster, app);
    return {
      ...place,
      name: app.name,
      everyone: app.access.everyone === true,
      groups: app.access.groups ?? [],
      emails: app.access.emails ?? [],
      headers: app.headers.map(({ name }) => name.toLowerCase()),
      token: app.token,
      apiPaths: app.apiPaths.map((path) => `${place.path}${path}`),
    };
  });
}

/** An address whose requests carry the user's token. */
export interface TokenPlace {
  name: string;
  host: string;
  path: string;
}

/** @returns addresses of the apps that get the token, each on its own host */
export function tokenPlaces(cluster: Cluster): TokenPlace[] {
  return exposedApps(cluster)
    .filter(({ token }) => token)
    .map(({ name, host, path }) => ({ name, host, path }));
}

/** @returns whether any upstream gets the token */
export function sendsToken(cluster: Cluster): boolean {
  return cluster.runningApps.some(({ token }) => token);
}
