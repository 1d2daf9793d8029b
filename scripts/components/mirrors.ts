import type { Cluster } from '../config/cluster.ts';

/**
 * @param image an image or image prefix without tag, for example `quay.io/jetstack`
 * @returns the image at its mirror; the longest configured prefix wins
 */
export function mirrorImage(cluster: Cluster, image: string): string {
  const prefix = Object.keys(cluster.mirrors.images)
    .filter((candidate) => image === candidate || image.startsWith(`${candidate}/`))
    .sort((a, b) => b.length - a.length)[0];
  return prefix === undefined ? image : `${cluster.mirrors.images[prefix]}${image.slice(prefix.length)}`;
}

/** @returns the image that a mirror copies; the image as it is when it comes from no mirror */
export function originalImage(cluster: Cluster, image: string): string {
  const [original, mirror] =
    Object.entries(cluster.mirrors.images)
      .filter(([, to]) => image.startsWith(`${to}/`))
      .sort(([, one], [, other]) => other.length - one.length)[0] ?? [];
  return mirror === undefined ? image : `${original}${image.slice(mirror.length)}`;
}

/**
 * @param image an image of a kustomization, without tag; without a registry it is on Docker Hub
 * @returns an entry of `kustomize.images` for its mirror, which keeps tag and digest; undefined without a mirror
 */
export function mirrorEntry(cluster: Cluster, image: string): string | undefined {
  const full = withRegistry(image);
  const mirrored = mirrorImage(cluster, full);
  return mirrored === full ? undefined : `${image}=${mirrored}:*`;
}

/**
 * @param entry an entry of `kustomize.images` with a tag: `old=new:tag` or `image:tag`
 * @returns the entry with the target at its mirror, if there is one
 */
export function mirrorOverride(cluster: Cluster, entry: string): string {
  const target = entry.slice(entry.indexOf('=') + 1);
  const image = target.slice(0, target.lastIndexOf(':'));
  const old = entry.includes('=') ? entry.slice(0, entry.indexOf('=')) : image;
  const full = withRegistry(image);
  const mirrored = mirrorImage(cluster, full);
  return mirrored === full ? entry : `${old}=${mirrored}${target.slice(image.length)}`;
}

/**
 * @param reference an image as a pod names it, with tag and digest
 * @returns the same from its mirror; as it is where there is none
 */
function mirrorReference(cluster: Cluster, reference: string): string {
  const [, name = reference, version = ''] = /^(.+?)((?::[^:/@]+)?(?:@[^@]+)?)$/.exec(reference) ?? [];
  const full = withRegistry(name);
  const mirrored = mirrorImage(cluster, full);
  return mirrored === full ? reference : `${mirrored}${version}`;
}

/** @returns an object with the images of its pods from their mirrors: of each container that it lists, wherever that is, as kustomize does */
export function mirrorPods<T>(cluster: Cluster, value: T, listed = false): T {
  if (Array.isArray(value)) return value.map((item) => mirrorPods(cluster, item, listed)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      listed && key === 'image' && typeof item === 'string'
        ? mirrorReference(cluster, item)
        : mirrorPods(cluster, item, /^(init|ephemeral)?containers$/i.test(key)),
    ]),
  ) as T;
}

/**
 * @returns an image with its registry, which is Docker Hub where it names none. The first part is a registry only with a dot or a port
 *   in it: https://github.com/distribution/reference
 */
export function withRegistry(image: string): string {
  const [first = '', ...rest] = image.split('/');
  if (rest.length === 0) return `docker.io/library/${image}`;
  return /[.:]/.test(first) || first === 'localhost' ? image : `docker.io/${image}`;
}

/** @returns the chart repository, or its mirror */
export function mirrorCharts(cluster: Cluster, repository: string): string {
  return cluster.mirrors.charts[repository] ?? repository;
}

/** @returns the Git repository, or its mirror; a trailing `.git` makes no difference */
export function mirrorGit(cluster: Cluster, repository: string): string {
  const bare = repository.replace(/\.git$/, '');
  return (
    cluster.mirrors.git[repository] ?? cluster.mirrors.git[bare] ?? cluster.mirrors.git[`${bare}.git`] ?? repository
  );
}

/**
 * @param image an image without tag, for example `ghcr.io/dexidp/dex`
 * @returns values for a chart with separate registry and repository
 */
export function splitImage(image: string): { registry: string; repository: string } {
  const slash = image.indexOf('/');
  return { registry: image.slice(0, slash), repository: image.slice(slash + 1) };
}
