import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listEntries, listHead } from '../git/entries.ts';
import { RunError } from '../report/errors.ts';
import { checkEntries } from '../tree/rules/entries.ts';
import { entriesIn, readEntries } from '../workspace/entries.ts';
import type { CheckFinding } from './check-cluster.ts';

/**
 * Checks what the repository as a whole holds, whichever cluster reads it: symbolic links, submodules, and files that change
 * how Argo CD builds a folder. Looks at what Git has or would take with `git add`, and at all files where there is no repository.
 *
 * @param root the repository's folder
 */
export async function checkRepository(root: string): Promise<CheckFinding[]> {
  return checkEntries(readEntries(root, await listed(root)));
}

/**
 * Requires the same of what a push would send, too.
 *
 * @throws RunError naming each entry
 */
export async function requireCleanRepository(root: string): Promise<void> {
  const findings = [...(await checkRepository(root)), ...checkEntries(entriesIn(await listHead(root)))];
  if (findings.length === 0) return;
  throw new RunError('Argo CD must not get what this repository holds; nothing was changed', {
    details: [...new Set(findings.map(({ file, message }) => `${file} ${message}`))],
    hint: 'Change these and commit that, then run again; "npm run validate" says why.',
  });
}

/**
 * Finds files of infrastructure/ and apps/ that Git has and the disk has not: what is read of the disk would count them as never
 * written. A component or an app that is gone as a whole was meant to go.
 *
 * @returns nothing where there is no repository
 */
export async function checkDeleted(root: string): Promise<CheckFinding[]> {
  const { modes = new Map<string, string>() } = (await listed(root)) ?? {};
  const there = (path: string) => existsSync(join(root, path));
  return [...modes.keys()]
    .filter((path) => /^(infrastructure|apps)\//.test(path) && !there(path))
    .filter((path) => there(path.split('/').slice(0, 2).join('/')) || path.split('/').length === 2)
    .map((file) => ({
      rule: 'deleted',
      file,
      message: `is in Git, and gone from the disk: git checkout -- ${file}, or git rm ${file} if it is to go`,
      reason: 'what is read of a file that is not there is nothing, as if it had never said anything',
    }));
}

async function listed(root: string): ReturnType<typeof listEntries> {
  try {
    return await listEntries(root);
  } catch (error) {
    // Checking needs no git: a downloaded archive is checked, too.
    if (error instanceof RunError) return undefined;
    throw error;
  }
}
