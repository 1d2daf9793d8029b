import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listEntries, listHead, listTracked } from '../git/entries.ts';
import { RunError } from '../report/errors.ts';
import { checkEntries } from '../tree/rules/entries.ts';
import { entriesIn, readEntries } from '../workspace/entries.ts';
import type { CheckFinding } from './check-cluster.ts';

/**
 * Checks the repository as a whole, for every cluster: symbolic links, submodules, and files that change how Argo CD builds a
 * folder. Reads the files that Git tracks or would add, or all files without a repository.
 *
 * @param root the repository's folder
 */
export async function checkRepository(root: string): Promise<CheckFinding[]> {
  return checkEntries(readEntries(root, await orWithoutGit(listEntries(root))));
}

/**
 * Requires the same of the commits that a push would send.
 *
 * @throws RunError with each entry
 */
export async function requireCleanRepository(root: string): Promise<void> {
  const findings = [...(await checkRepository(root)), ...checkEntries(entriesIn(await listHead(root)))];
  if (findings.length === 0) return;
  throw new RunError('this repository contains files that Argo CD must not read; nothing was changed', {
    details: [...new Set(findings.map(({ file, message }) => `${file} ${message}`))],
    hint: 'Fix these, commit, then run it again. "npm run validate" gives the reasons.',
  });
}

/**
 * Finds files of infrastructure/ and apps/ that are in Git but not on disk: reading the disk would treat them as never written.
 * A component or app whose whole folder is gone was removed on purpose.
 *
 * @returns none without a repository
 */
export async function checkDeleted(root: string): Promise<CheckFinding[]> {
  const there = (path: string) => existsSync(join(root, path));
  const tracked = (await orWithoutGit(listTracked(root, ['infrastructure', 'apps']))) ?? [];
  return [...tracked]
    .filter((path) => !there(path))
    .filter((path) => there(path.split('/').slice(0, 2).join('/')) || path.split('/').length === 2)
    .map((file) => ({
      rule: 'deleted',
      file,
      message: `is in Git, but missing on disk: restore it (git checkout -- ${file}), or remove it (git rm ${file})`,
      reason: 'the settings in a missing file are silently ignored',
    }));
}

/** A downloaded archive is checked without git. */
async function orWithoutGit<T>(listed: Promise<T>): Promise<T | undefined> {
  try {
    return await listed;
  } catch (error) {
    if (error instanceof RunError) return undefined;
    throw error;
  }
}
