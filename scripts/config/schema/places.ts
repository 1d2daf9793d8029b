/**
 * First parts of paths that belong to the platform: Dex, OAuth2 Proxy, the routes of Kubeflow's parts, of user's notebooks and
 * TensorBoards, and what the central dashboard serves by itself. Taken whether or not a part runs, so that switching it on is never a clash.
 */
export const platformPaths: readonly string[] = [
  '_',
  'api',
  'assets',
  'dashboard',
  'debug',
  'dex',
  'healthz',
  'jupyter',
  'katib',
  'kfam',
  'kserve-endpoints',
  'logout',
  'ml_metadata',
  'model-registry',
  'notebook',
  'oauth2',
  'pipeline',
  'pipelines',
  'registration',
  'tensorboard',
  'tensorboards',
  'tenants',
  'volumes',
  'webhook',
];

/** @returns the first part of a path, as `grafana` of `/grafana/api/` */
export function firstPart(path: string): string {
  return path.split('/')[1] ?? '';
}

/** @returns true when one of two path prefixes, both with "/" at their ends, lies within the other */
export function pathsOverlap(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}
