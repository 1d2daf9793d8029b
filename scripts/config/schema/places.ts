import { platformPaths } from './reserved.ts';

/**
 * Upstream routes these without a trailing "/", and Istio compares prefixes as strings: /pipelines-backup/ would reach
 * Pipelines. https://istio.io/latest/docs/reference/config/networking/virtual-service/#StringMatch
 */
const openPrefixes: readonly string[] = ['ml_metadata', 'pipeline'];

/** @returns the platform's path that the given path conflicts with, such as `/pipeline`; undefined when there is none */
export function platformPathOf(path: string): string | undefined {
  const part = firstPart(path);
  const open = openPrefixes.find((prefix) => part.startsWith(prefix));
  if (open !== undefined) return `/${open}`;
  return platformPaths.includes(part) ? `/${part}/` : undefined;
}

/** For example `grafana` of `/grafana/api/`. */
function firstPart(path: string): string {
  return path.split('/')[1] ?? '';
}

/** @returns true when one of two path prefixes, both with a trailing "/", contains the other */
export function pathsOverlap(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}
