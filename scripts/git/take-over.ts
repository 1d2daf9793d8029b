import { RunError } from '../report/errors.ts';
import { createGit, GitFailure } from './run.ts';

/**
 * @param folders relative to the root; none: everywhere
 * @returns paths that differ from HEAD, and new ones that no ignore rule hides
 */
export async function uncommitted(root: string, folders: readonly string[] = []): Promise<string[]> {
  const options = ['--no-renames', '--untracked-files=normal', '--', ...folders.map((folder) => `:(top)${folder}`)];
  const { files } = await createGit(root)((it) => it.status(options));
  return files.map(({ path }) => path);
}

/** What becomes the next commit. */
export interface TakeOver {
  /** Folder of the repository that has the tree. */
  folder: string;
  /** A branch there whose commit has the tree. */
  branch: string;
  /** The commit that it is put on top of, which HEAD must still be. */
  head: string;
  message: string;
}

/**
 * Makes a commit with another repository's tree, and moves branch, index and files to it, as git's fast-forward does: it looks
 * at every file first, and moves nothing when one is in the way. Identity and signing are the user's.
 *
 * @returns the new commit
 * @throws RunError when something is in the way; nothing is changed then
 */
export async function takeOver(root: string, { folder, branch, head, message }: TakeOver): Promise<string> {
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
    throw new RunError('git could not move your branch to the new version; nothing was changed', {
      details: `${error.stdout}\n${error.stderr}`.split('\n').filter((line) => line.trim() !== ''),
      hint: 'What git said is above: put it right (move files away that are in the way), then run again.',
      cause: error,
    });
  }
}
