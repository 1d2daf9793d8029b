import { platformPaths } from './component-facts.ts';

/**
 * Upstream routes these without "/" at their end, and a prefix is compared letter by letter: /pipelines-of-mine/ would be
 * Pipelines', too. https://istio.io/latest/docs/reference/config/networking/virtual-service/#StringMatch
 */
const openPrefixes: readonly string[] = ['ml_metadata', 'pipeline'];

/** @returns the path of the platform's that another path would share, as `/pipeline`; undefined when there is none */
export function platformPathOf(path: string): string | undefined {
  const part = firstPart(path);
  const open = openPrefixes.find((prefix) => part.startsWith(prefix));
  if (open !== undefined) return `/${open}`;
  return platformPaths.includes(part) ? `/${part}/` : undefined;
}

/** As `grafana` of `/grafana/api/`. */
function firstPart(path: string): string {
  return path.split('/')[1] ?? '';
}

/** @returns true when one of two path prefixes, both with "/" at their ends, lies within the other */
export function pathsOverlap(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}
