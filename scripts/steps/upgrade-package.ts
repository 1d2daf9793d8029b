import { isDeepStrictEqual } from 'node:util';
import { RunError } from '../report/errors.ts';

type Json = { readonly [key: string]: unknown };

/** A file's text in the three states; undefined where it does not exist. */
export interface ThreeTexts {
  base: string | undefined;
  ours: string | undefined;
  theirs: string | undefined;
}

/** Result of merging package.json and package-lock.json. */
export interface PackageMerge {
  manifest: string;
  /** Whose package-lock.json matches; `neither`: it must be computed from the release's. */
  lock: 'theirs' | 'ours' | 'neither';
  /** Settings where the release's value replaced the user's, as `devDependencies.zod: "^4.7.0" (yours was "^4.6.9")`. */
  replaced: string[];
}

/**
 * Merges package.json key by key: the user's additions stay, and where both sides changed a key the release's value wins, since
 * the program was tested with it. A merge by lines would conflict at each version that Renovate raised. Pure.
 *
 * @param upgradeFrom address to record, for the next upgrade
 */
export function mergePackage({ base, ours, theirs }: ThreeTexts, upgradeFrom?: string): PackageMerge {
  const [before, mine, released] = [base, ours, theirs].map((text) => parse(text));
  const replaced: string[] = [];
  const values = mergeValue(before, mine, released, [], replaced);
  const merged = isObject(values) && upgradeFrom !== undefined ? { ...values, upgradeFrom } : values;
  const manifest = isDeepStrictEqual(merged, released) ? (theirs ?? '') : `${JSON.stringify(merged, null, 2)}\n`;
  const fits = (side: unknown) => isDeepStrictEqual(needs(merged), needs(side));
  return { manifest, lock: fits(released) ? 'theirs' : fits(mine) ? 'ours' : 'neither', replaced };
}

/** @returns true when both texts of package-lock.json install the same packages */
export function samePackages(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && isDeepStrictEqual(installed(a), installed(b));
}

/** @returns a text of a package.json; undefined if it has none there */
export function packageText(text: string | undefined, key: 'version' | 'upgradeFrom'): string | undefined {
  const value = text === undefined ? undefined : parse(text)[key];
  return typeof value === 'string' ? value : undefined;
}

function mergeValue(base: unknown, ours: unknown, theirs: unknown, path: string[], replaced: string[]): unknown {
  if (path.join('.') === 'version' || isDeepStrictEqual(ours, base)) return theirs;
  if (isDeepStrictEqual(theirs, base) || isDeepStrictEqual(theirs, ours)) return ours;
  if (path.join('.') === 'upgradeFrom') return ours ?? theirs;
  if (isObject(ours) && isObject(theirs)) {
    const before = isObject(base) ? base : {};
    const keys = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
    const entries = keys.map((key): [string, unknown] => [
      key,
      mergeValue(before[key], ours[key], theirs[key], [...path, key], replaced),
    ]);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }
  const show = (value: unknown) => (value === undefined ? 'removed' : JSON.stringify(value));
  replaced.push(`${path.join('.')}: ${show(theirs)} (yours was ${show(ours)})`);
  return theirs;
}

/** What npm computes the lock from. */
function needs(manifest: unknown): unknown[] {
  const keys = [
    'dependencies',
    'devDependencies',
    'optionalDependencies',
    'peerDependencies',
    'overrides',
    'workspaces',
  ];
  return keys.map((key) => (isObject(manifest) ? manifest[key] : undefined));
}

/** A lock without the repository's own name and version, which each release changes. */
function installed(text: string): unknown {
  const { name: _, version: __, packages, ...rest } = parse(text);
  if (!isObject(packages) || !isObject(packages[''])) return { ...rest, packages };
  const { name: ___, version: ____, ...root } = packages[''];
  return { ...rest, packages: { ...packages, '': root } };
}

function parse(text: string | undefined): Json {
  try {
    const value: unknown = text === undefined ? {} : JSON.parse(text);
    if (isObject(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new RunError('package.json or package-lock.json is not a JSON object; nothing was changed', {
    hint: 'Fix it, commit, and run again.',
  });
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
