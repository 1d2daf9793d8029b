/** Files of apps/ that hold no Application. Those of projects are applied before everything, as wave 00. */
const others = /^(namespaces|default-project|project(-.+)?)$/;
const last = 'ready';

/** @returns the name of a file in apps/, as `06-dex.yaml`; kustomize applies them in this order, people read them so */
export function applicationFile(wave: number, name: string): string {
  return `${String(wave).padStart(2, '0')}-${name}.yaml`;
}

/** @returns the name of the file with the empty object of the last wave */
export function lastFile(wave: number): string {
  return applicationFile(wave, last);
}

/** @returns the Application in a file and its wave, by a path as `clusters/demo/apps/06-dex.yaml`; undefined for any other file */
export function applicationOf(path: string): { wave: number; name: string } | undefined {
  const [, wave = '', name = ''] = /(?:^|\/)apps\/(\d+)-(.+)\.yaml$/.exec(path) ?? [];
  if (name === '' || name === last || (Number(wave) === 0 && others.test(name))) return undefined;
  return { wave: Number(wave), name };
}

/**
 * @param path relative to the cluster's folder
 * @returns the component that a file is about, as `dex` for apps/06-dex.yaml, values/dex.yaml, overrides/dex.yaml and manifests/dex/…;
 *   undefined for what belongs to the root
 */
export function componentOf(path: string): string | undefined {
  return applicationOf(path)?.name ?? /^(?:values|overrides|manifests)\/([a-z0-9-]+)/.exec(path)?.[1];
}
