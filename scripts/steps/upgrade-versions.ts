import { UsageError } from '../report/errors.ts';

/** @returns the tag's version without its "v"; undefined for a tag that is no release's, as `latest` */
export function versionOfTag(tag: string): string | undefined {
  return /^v(\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?)$/.exec(tag)?.[1];
}

/**
 * Compares by https://semver.org/#spec-item-11.
 *
 * @returns below 0 when `a` is the older one, 0 when they are the same
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [split(a), split(b)];
  return compareParts(left.numbers, right.numbers) || comparePre(left.pre, right.pre);
}

/**
 * Chooses the tag to go to: the one that was asked for, else the newest release.
 *
 * @param tags all tags of the upstream repository
 * @param asked as `v0.2.0` or `0.2.0`
 * @throws UsageError that lists the newest ones
 */
export function chooseTag(tags: readonly string[], asked: string | undefined): string {
  const releases = tags
    .filter((tag) => versionOfTag(tag) !== undefined)
    .sort((a, b) => compareVersions(versionOfTag(b) ?? '', versionOfTag(a) ?? ''));
  const newest =
    releases.length === 0
      ? 'It has no tag of the form v1.2.3: is it a repository of Breakwater?'
      : `The newest there: ${releases.slice(0, 5).join(', ')}`;
  if (asked !== undefined) {
    const found = releases.find((tag) => tag === asked || tag === `v${asked}`);
    if (found === undefined) throw new UsageError(`there is no release ${JSON.stringify(asked)}`, { hint: newest });
    return found;
  }
  // A release candidate is taken by name only.
  const stable = releases.find((tag) => !tag.includes('-'));
  if (stable === undefined) throw new UsageError('there is no release to upgrade to', { hint: newest });
  return stable;
}

function split(version: string): { numbers: string[]; pre: string[] } {
  const at = version.indexOf('-');
  const core = at < 0 ? version : version.slice(0, at);
  return { numbers: core.split('.'), pre: at < 0 ? [] : version.slice(at + 1).split('.') };
}

/** A version without a pre-release part is the newer one. */
function comparePre(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return Math.sign(b.length) - Math.sign(a.length);
  return compareParts(a, b);
}

function compareParts(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const order = comparePart(a[index], b[index]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers by their value and before words; what is missing is the smaller one. */
function comparePart(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (left && right) return Number(a) - Number(b);
  if (left !== right) return left ? -1 : 1;
  return a < b ? -1 : Number(a > b);
}
