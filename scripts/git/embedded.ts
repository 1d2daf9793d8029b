import { randomUUID } from 'node:crypto';
import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { removeLeftovers } from '../processes/leftovers.ts';
import { RunError } from '../report/errors.ts';
import type { Remote } from './remote.ts';
import { createGit, orUndefined } from './run.ts';

const name = 'remote.git';

/**
 * Makes sure that .breakwater/remote.git is a bare repository whose HEAD names the branch. It is created under another name
 * and then renamed, so a killed run leaves nothing half-made there.
 *
 * @param root absolute path of the user's repository
 * @returns the remote to publish to
 * @throws RunError when something else is there
 */
export async function ensureEmbeddedRemote(root: string, branch: string): Promise<Remote> {
  const folder = path.join(root, '.breakwater');
  const place = path.join(folder, name);
  await mkdir(folder, { recursive: true });
  await removeLeftovers(folder, /^remote\.git\.(\d+)-.*\.tmp$/);
  if (!(await exists(place))) await create(folder, place, branch);
  const git = createGit(place);
  const bare = await orUndefined(git.raw(['rev-parse', '--is-bare-repository', '--absolute-git-dir']), [128]);
  if (bare === undefined || !bare.startsWith('true\n') || path.basename(bare.trim()) !== name) {
    throw new RunError(`.breakwater/${name} is not a bare git repository`, {
      hint: `Remove it and run again: the run re-creates it from your repository.`,
    });
  }
  await git.raw(['symbolic-ref', 'HEAD', `refs/heads/${branch}`]);
  return { url: pathToFileURL(place).href };
}

async function create(folder: string, place: string, branch: string): Promise<void> {
  const half = `${place}.${process.pid}-${randomUUID()}.tmp`;
  // The user's template folder (init.templateDir) may contain hooks, which must not run there.
  const extra = { GIT_TEMPLATE_DIR: '' };
  await createGit(folder)((it) => it.init(true, ['--quiet', `--initial-branch=${branch}`, half]), { extra });
  await rename(half, place).catch(async (error: NodeJS.ErrnoException) => {
    await rm(half, { recursive: true, force: true });
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
}

function exists(place: string): Promise<boolean> {
  return lstat(place).then(
    () => true,
    () => false,
  );
}
