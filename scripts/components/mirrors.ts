import type { Cluster } from '../config/cluster.ts';

/**
 * @param image an image or a prefix of images, as `quay.io/jetstack`, without tag
 * @returns the same below its mirror; the longest prefix that is configured wins
 */
export function mirrorImage(cluster: Cluster, image: string): string {
  const prefix = Object.keys(cluster.mirrors.images)
    .filter((candidate) => image === candidate || image.startsWith(`${candidate}/`))
    .sort((a, b) => b.length - a.length)[0];
  return prefix === undefined ? image : `${cluster.mirrors.images[prefix]}${image.slice(prefix.length)}`;
}

/** @returns the chart repository, or its mirror */
export function mirrorCharts(cluster: Cluster, repository: string): string {
  return cluster.mirrors.charts[repository] ?? repository;
}

/** @returns the Git repository, or its mirror; with or without `.git` it is the same repository */
export function mirrorGit(cluster: Cluster, repository: string): string {
  const bare = repository.replace(/\.git$/, '');
  return (
    cluster.mirrors.git[repository] ?? cluster.mirrors.git[bare] ?? cluster.mirrors.git[`${bare}.git`] ?? repository
  );
}

/**
 * @param image an image without tag, as `ghcr.io/dexidp/dex`
 * @returns the value for a chart that takes registry and repository apart
 */
export function splitImage(image: string): { registry: string; repository: string } {
  const slash = image.indexOf('/');
  return { registry: image.slice(0, slash), repository: image.slice(slash + 1) };
}
