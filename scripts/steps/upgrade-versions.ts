import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import semver from 'semver';
import { hasRemote, readReleaseSource } from '../git/release-source.ts';
import { UsageError } from '../report/errors.ts';
import { packageText } from './upgrade-package.ts';

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

/** @returns where the releases are: the address that the last upgrade recorded in package.json, else the remote "upstream" */
export async function findReleases(root: string): Promise<string | undefined> {
  const recorded = packageText(await manifestOf(root), 'upgradeFrom');
  return recorded ?? ((await hasRemote(root, 'upstream')) ? 'upstream' : undefined);
}

/** package.json of the work tree; one that is missing or unreadable is reported by the checks of the template's files. */
const manifestOf = (root: string) => readFile(join(root, 'package.json'), 'utf8').catch(() => undefined);

/** Milliseconds that a command waits which only mentions a newer release. */
const briefly = 5_000;

/** The version in use and the newest release; `from` is absent where no one has named the repository with the releases. */
export interface ReleaseNews {
  current: string;
  from?: string;
  newest?: string;
}

/**
 * Asks for the newest release, briefly.
 *
 * @throws RunError or UsageError when package.json or the releases cannot be read
 */
export async function askForReleases(root: string): Promise<ReleaseNews> {
  const current = packageText(await manifestOf(root), 'version') ?? '';
  const from = await findReleases(root);
  if (from === undefined) return { current };
  const { tags } = await readReleaseSource(root, from, briefly);
  const stable = [...tags.keys()].flatMap((tag) => versionOfTag(tag) ?? []).filter((version) => !version.includes('-'));
  return { current, from, newest: stable.sort(semver.rcompare)[0] ?? current };
}
