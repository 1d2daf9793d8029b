/**
 * How Argo CD reads a source of type directory.
 * https://argo-cd.readthedocs.io/en/stable/user-guide/directory/
 */

/** Argo CD skips a file that contains this text. */
export const skipMark = '+argocd:skip-file-rendering';

/** @returns true for names that Argo CD reads */
export function isManifestFile(path: string): boolean {
  return /\.(yaml|yml|json)$/.test(path);
}

/** File types that make Argo CD build a folder, unless the source names its type. */
export type Build = 'kustomization' | 'chart' | 'Jsonnet';

/**
 * @returns the type of build that a file belongs to, by its name; undefined for others
 * @see https://github.com/kubernetes-sigs/kustomize/blob/master/api/konfig/general.go
 */
export function buildOf(path: string): Build | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (['kustomization.yaml', 'kustomization.yml', 'Kustomization'].includes(name)) return 'kustomization';
  if (name === 'Chart.yaml') return 'chart';
  return /\.(jsonnet|libsonnet)$/.test(name) ? 'Jsonnet' : undefined;
}
