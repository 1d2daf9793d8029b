import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { RunError, UsageError } from '../report/errors.ts';
import { createGit, orUndefined } from './run.ts';

/** The commit that a change is compared with. */
export interface Base {
  commit: string;
  /** For messages, as `1a2b3c4d5e6f (origin/main)`. */
  description: string;
}

/**
 * Finds the commit that the work tree is compared with: where its history parted from a branch, so that commits which
 * others have merged since do not count as part of the change.
 *
 * @param root the repository's folder
 * @param named the user's choice, in any form that `git rev-parse` understands
 * @param usual the default, as `origin/main`
 * @returns undefined when the user named none and the default does not exist
 * @throws UsageError when the named one does not exist; RunError when a shallow clone lacks the history
 */
export async function findBase(root: string, named: string | undefined, usual: string): Promise<Base | undefined> {
  const git = createGit(root);
  const name = named ?? usual;
  const resolve = (revision: string) =>
    orUndefined(
      git((it) => it.revparse(['--verify', '--quiet', '--end-of-options', `${revision}^{commit}`])),
      [1, 128],
    );
  const tip = await resolve(name);
  if (tip === undefined) {
    if (named === undefined) return undefined;
    throw new UsageError(`there is no commit ${JSON.stringify(named)} to compare with`, {
      hint: `Fetch it (git fetch origin), or name another: --base ${usual}. A clone of one branch or one commit (CI) lacks the others: fetch-depth: 0.`,
    });
  }
  const head = await resolve('HEAD');
  const common = head === undefined ? undefined : (await orUndefined(git.raw(['merge-base', tip, head])))?.trim();
  if (common === undefined && (await git((it) => it.revparse('--is-shallow-repository'))) === 'true') {
    throw new RunError(`this clone is shallow: it lacks the history that ${name} and HEAD share`, {
      hint: 'Run "git fetch --unshallow", or let CI fetch all of it (GitHub: fetch-depth: 0; GitLab: GIT_DEPTH: 0).',
    });
  }
  const commit = common ?? tip;
  return { commit, description: `${commit.slice(0, 12)} (${name})` };
}

/** Files of a commit on disk, until `remove` is called. */
export interface BaseFiles {
  folder: string;
  remove(): Promise<void>;
}

/**
 * Writes some folders of a commit into a temporary folder. The work tree, the index and HEAD stay as they are. Symbolic links
 * become plain files, so nothing outside is read through them.
 *
 * @param folders relative to the root; those that the commit lacks are skipped
 */
export async function checkOutBase(root: string, commit: string, folders: readonly string[]): Promise<BaseFiles> {
  const git = createGit(root);
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-base-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const extra = { GIT_INDEX_FILE: join(folder, '.index') };
    const settings = [['core.symlinks', 'false']] as const;
    await git.raw(['read-tree', commit], { extra });
    const inside = folders.map((name) => `:(top)${name}`);
    const paths = await git.raw(['ls-files', '-z', '--', ...inside], { extra });
    const place = join(folder, 'files');
    await mkdir(place);
    if (paths !== '')
      await git.raw(['checkout-index', '-z', '--stdin', `--prefix=${place}${sep}`], { extra, settings, input: paths });
    return { folder: place, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
