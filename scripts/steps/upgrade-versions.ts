import semver from 'semver';
import { UsageError } from '../report/errors.ts';

/** @returns the version of a release's tag, as `0.2.0` for `v0.2.0`; undefined for any other tag, such as `latest` */
export function versionOfTag(tag: string): string | undefined {
  return /^v\d/.test(tag) ? (semver.valid(tag) ?? undefined) : undefined;
}

/**
 * Chooses the tag to upgrade to: the requested one, otherwise the newest release.
 *
 * @param tags all tags of the upstream repository
 * @param asked as `v0.2.0` or `0.2.0`
 * @throws UsageError that lists the newest ones
 */
export function chooseTag(tags: readonly string[], asked: string | undefined): string {
  const releases = tags.filter((tag) => versionOfTag(tag) !== undefined).sort(semver.rcompare);
  const newest =
    releases.length === 0
      ? 'It has no tag of the form v1.2.3: is it a repository of Breakwater?'
      : `The newest there: ${releases.slice(0, 5).join(', ')}`;
  if (asked !== undefined) {
    const found = releases.find((tag) => tag === asked || tag === `v${asked}`);
    if (found === undefined) throw new UsageError(`there is no release ${JSON.stringify(asked)}`, { hint: newest });
    return found;
  }
  // Release candidates must be requested by name.
  const stable = releases.find((tag) => !tag.includes('-'));
  if (stable === undefined) throw new UsageError('there is no release to upgrade to', { hint: newest });
  return stable;
}
