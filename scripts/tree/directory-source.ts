/**
 * How Argo CD reads a source that is a plain directory, as the tree names it (directory.include).
 * https://argo-cd.readthedocs.io/en/stable/user-guide/directory/
 */

/** A file with this text anywhere in it is passed over. */
export const skipMark = '+argocd:skip-file-rendering';

/** @returns true for names that are read */
export function isManifestFile(path: string): boolean {
  return /\.(yaml|yml|json)$/.test(path);
}

/** What turns a folder into something that has to be built, wherever its type is not named. */
export type Build = 'kustomization' | 'chart' | 'Jsonnet';

/**
 * @returns what a file is a part of, by its name; undefined for others
 * @see https://github.com/kubernetes-sigs/kustomize/blob/master/api/konfig/general.go
 */
export function buildOf(path: string): Build | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (['kustomization.yaml', 'kustomization.yml', 'Kustomization'].includes(name)) return 'kustomization';
  if (name === 'Chart.yaml') return 'chart';
  return /\.(jsonnet|libsonnet)$/.test(name) ? 'Jsonnet' : undefined;
}
