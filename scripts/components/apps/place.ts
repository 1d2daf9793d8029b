import type { App, Cluster } from '../../config/cluster.ts';
import { publicAddress } from '../address.ts';

/** Where an app is reached. */
export interface AppPlace {
  /** DNS name or address. */
  host: string;
  /** The host as it stands in a URL, with the port when it is not 443. */
  authority: string;
  /** Prefix of its paths, with "/" at both ends; "/" alone on a host of its own. */
  path: string;
  /** Its address without "/" at the end. */
  url: string;
}

/**
 * @returns where the app is reached on the cluster
 * @throws Error when the host is not known yet
 */
export function appPlace(cluster: Cluster, app: App): AppPlace {
  const address = publicAddress(cluster);
  const own = 'host' in app.place ? `${app.place.host}.` : '';
  const path = 'path' in app.place ? app.place.path : '/';
  const authority = `${own}${address.authority}`;
  return { host: `${own}${address.host}`, authority, path, url: `https://${authority}${path}`.replace(/\/$/, '') };
}

/** @returns the hosts that apps have of their own, sorted; none while the platform's host is not known */
export function ownHosts(cluster: Cluster): AppPlace[] {
  if (cluster.knownHost === undefined) return [];
  return cluster.runningApps.filter(({ place }) => 'host' in place).map((app) => appPlace(cluster, app));
}

/** @returns whether an app has a host of its own; unlike {@link ownHosts}, also before the platform's host is known */
export function hasOwnHosts(cluster: Cluster): boolean {
  return cluster.runningApps.some(({ place }) => 'host' in place);
}

/** An app as others may reach it: for checks of a running platform. */
export interface ExposedApp extends AppPlace {
  name: string;
  /** True when everyone who is logged in may open it. */
  everyone: boolean;
  groups: readonly string[];
  emails: readonly string[];
  /** Headers by which it learns who somebody is: none of them may be taken from outside. */
  headers: readonly string[];
  token: boolean;
  /** Paths at which a request without a login gets 401, whole. */
  apiPaths: readonly string[];
}

/** @returns every app that is served on the cluster; none while the host is not known */
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

/** A place whose requests carry the user's token. */
export interface TokenPlace {
  name: string;
  host: string;
  path: string;
}

/** @returns where the token goes: apps that ask for it, each on a host of its own */
export function tokenPlaces(cluster: Cluster): TokenPlace[] {
  return exposedApps(cluster)
    .filter(({ token }) => token)
    .map(({ name, host, path }) => ({ name, host, path }));
}

/** @returns whether any upstream gets the token */
export function sendsToken(cluster: Cluster): boolean {
  return cluster.runningApps.some(({ token }) => token);
}
