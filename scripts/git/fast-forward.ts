import { RunError } from '../report/errors.ts';
import { createGit, GitFailure } from './run.ts';

/**
 * @param folders relative to the root; none: everywhere
 * @returns paths that differ from HEAD, and untracked ones that are not ignored
 */
export async function uncommitted(root: string, folders: readonly string[] = []): Promise<string[]> {
  const options = ['--no-renames', '--untracked-files=normal', '--', ...folders.map((folder) => `:(top)${folder}`)];
  const { files } = await createGit(root)((it) => it.status(options));
  return files.map(({ path }) => path);
}

/** The next commit of the user's branch. */
export interface FastForward {
  /** The scratch repository with its tree. */
  folder: string;
  /** A branch of it, whose commit has the tree. */
  branch: string;
  /** Its parent, which must still be HEAD. */
  head: string;
  message: string;
}

/**
 * Commits another repository's tree, and fast-forwards branch, index and files to it: git checks every file first, and moves
 * nothing when one is in the way. Identity and signing are the user's.
 *
 * @returns the new commit
 * @throws RunError when something is in the way; nothing was changed then
 */
export async function fastForward(root: string, { folder, branch, head, message }: FastForward): Promise<string> {
  const git = createGit(root);
  try {
    const options = [
      '--quiet',
      '--no-tags',
      '--no-write-fetch-head',
      '--no-auto-maintenance',
      '--no-recurse-submodules',
    ];
    await git((it) => it.fetch([...options, '--', folder, `refs/heads/${branch}`]));
    const tree = await createGit(folder)((it) => it.revparse(`refs/heads/${branch}^{tree}`));
    const sign =
      (await git.raw(['config', '--type=bool', '--default=false', '--get', 'commit.gpgSign'])).trim() === 'true';
    const made = await git.raw(['commit-tree', tree, ...(sign ? ['-S'] : []), '-p', head, '-F', '-'], {
      input: message,
    });
    const commit = made.trim();
    const move = ['--quiet', '--ff-only', '--no-autostash', '--no-overwrite-ignore', commit];
    await git((it) => it.merge(move), { hooks: true });
    return commit;
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    throw new RunError('git cannot move your branch to the new version; nothing was changed', {
      details: `${error.stdout}\n${error.stderr}`.split('\n').filter((line) => line.trim() !== ''),
      hint: 'See the message from git above. Fix it (for example, move files that are in the way), then run it again.',
      cause: error,
    });
  }
}
