import { listEntries } from '../git/entries.ts';
import { RunError } from '../report/errors.ts';
import { checkEntries } from '../tree/rules/entries.ts';
import { readEntries } from '../workspace/entries.ts';
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

async function listed(root: string): ReturnType<typeof listEntries> {
  try {
    return await listEntries(root);
  } catch (error) {
    // Checking needs no git: a downloaded archive is checked, too.
    if (error instanceof RunError) return undefined;
    throw error;
  }
}
