/** Files of apps/ without an Application. Those of projects are applied first, as wave 00. */
const others = /^(namespaces|default-project|project(-.+)?)$/;
const last = 'ready';

/** @returns the name of a file in apps/, as `06-dex.yaml`: sorted in the order of the waves */
export function applicationFile(wave: number, name: string): string {
  return `${String(wave).padStart(2, '0')}-${name}.yaml`;
}

/** @returns the name of the file with the last wave's empty object */
export function lastFile(wave: number): string {
  return applicationFile(wave, last);
}

/** @returns name and wave of the Application in a file such as `clusters/demo/apps/06-dex.yaml`; undefined for other files */
export function applicationOf(path: string): { wave: number; name: string } | undefined {
  const [, wave = '', name = ''] = /(?:^|\/)apps\/(\d+)-(.+)\.yaml$/.exec(path) ?? [];
  if (name === '' || name === last || (Number(wave) === 0 && others.test(name))) return undefined;
  return { wave: Number(wave), name };
}

/**
 * @param path relative to the cluster's folder
 * @returns the component that a file belongs to, as `dex` for apps/06-dex.yaml, values/dex.yaml, overrides/dex.yaml and manifests/dex/…;
 *   undefined for the root's files
 */
export function componentOf(path: string): string | undefined {
  return applicationOf(path)?.name ?? /^(?:values|overrides|manifests)\/([a-z0-9-]+)/.exec(path)?.[1];
}
