import { constants } from 'node:fs';
import { access, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { removeLeftovers } from '../processes/leftovers.ts';
import { RunError } from '../report/errors.ts';
import { type Git, GitFailure, zeroSeparated } from './run.ts';
import { commitProblem, readState } from './state.ts';
import { changedPaths, headCommit } from './texts.ts';

/** Marks our commits. */
export const trailer = { key: 'Generated-by', value: 'Breakwater' } as const;

/** One commit. */
export interface CommitOptions {
  paths: readonly string[];
  message: string;
  hooksMayChange?: readonly string[];
}

/**
 * Commits the paths as they are on disk, and nothing else.
 *
 * The commit is made from a separate index: staged changes of the user stay staged and out of it, hooks see the commit's own
 * files, and a killed run leaves no lock on the user's index. Hooks, signing and identity are the user's.
 *
 * @param paths relative to the root; absent files count as deletions
 * @param hooksMayChange paths that a hook may rewrite; the others must be committed as they are
 * @throws RunError when the state of the repository, a hook or signing prevents it; index and files are then unchanged
 */
export async function commitPaths(
  git: Git,
  root: string,
  { paths, message, hooksMayChange = [] }: CommitOptions,
): Promise<{ commit: string } | 'nothing'> {
  const index = await temporaryIndex(git, root);
  const state = await readState(git, root);
  const changed = await changedPaths(git, root, paths);
  if (changed.length === 0) return 'nothing';
  const obstacle = commitProblem(state);
  if (obstacle !== undefined) throw obstacle;
  const list = changed.map((file) => `${file}\0`).join('');
  const extra = { GIT_INDEX_FILE: index };
  try {
    await git.raw(['read-tree', state.head ?? '--empty'], { extra });
    await updateIndex(git, list, extra);
    const tree = (await git.raw(['write-tree'], { extra })).trim();
    if (state.head !== undefined && tree === (await git((it) => it.revparse(`${state.head}^{tree}`)))) return 'nothing';
    const restore = await stage(git, changed, list);
    try {
      const trailerOption = `${trailer.key}: ${trailer.value}`;
      await git.raw(['commit', '--quiet', '--file=-', '--trailer', trailerOption], {
        input: message,
        extra,
        hooks: true,
      });
    } catch (error) {
      await restore();
      throw await commitError(git, root, error);
    }
    const made = await git.raw(['diff-tree', '-r', '-z', '--name-only', '--no-renames', tree, 'HEAD']);
    const rewritten = zeroSeparated(made).filter((file) => changed.includes(file) && !hooksMayChange.includes(file));
    if (rewritten.length > 0) {
      await git.raw(['update-ref', ...(state.head === undefined ? ['-d', 'HEAD'] : ['HEAD', state.head])]);
      await restore();
      throw rewroteError(rewritten, await commitHooks(git, root));
    }
  } finally {
    await rm(index, { force: true });
  }
  const commit = await headCommit(git);
  if (commit === undefined) throw new Error('git committed, but HEAD has no commit');
  return { commit };
}

/** Stages the paths in the user's own index. @returns a function that takes them out again */
async function stage(git: Git, changed: readonly string[], list: string): Promise<() => Promise<void>> {
  const paths = new Set(changed);
  const entries = zeroSeparated(await git.raw(['ls-files', '--stage', '-z'])).filter((line) => paths.has(pathOf(line)));
  const before = new Set(entries.map(pathOf));
  await whileLocked(() => updateIndex(git, list));
  return async () => {
    const added = changed.filter((file) => !before.has(file));
    const remove = added.map((file) => `${file}\0`).join('');
    const add = entries.map((line) => `${line}\0`).join('');
    if (remove !== '') await git.raw(['update-index', '--force-remove', '-z', '--stdin'], { input: remove });
    if (add !== '') await git.raw(['update-index', '-z', '--index-info'], { input: add });
  };
}

function pathOf(stageLine: string): string {
  return stageLine.slice(stageLine.indexOf('\t') + 1);
}

/** Stages files as they are on disk, absent ones as deletions, ignored or not. */
async function updateIndex(git: Git, list: string, extra: Record<string, string> = {}): Promise<void> {
  await git.raw(['update-index', '--add', '--remove', '--replace', '-z', '--stdin'], { input: list, extra });
}

/** Retries while another git holds the index: an editor's, or one that a killed run left behind. */
async function whileLocked(act: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof GitFailure) || !/index\.lock/.test(error.stderr)) throw error;
      if (attempt === 10) throw lockError(error);
      await wait(attempt * 100);
    }
  }
}

function lockError(error: GitFailure): RunError {
  return new RunError('another git process holds a lock on this repository, or was killed and left it behind', {
    details: error.stderr.split('\n').filter((line) => line.includes('.lock')),
    hint: 'Wait for it to end. If no git process is running, remove the lock file named above.',
    cause: error,
  });
}

/** @returns a path for this process's index; those of killed processes are removed */
async function temporaryIndex(git: Git, root: string): Promise<string> {
  const folder = path.resolve(root, (await git.raw(['rev-parse', '--git-path', 'breakwater'])).trimEnd());
  await mkdir(folder, { recursive: true });
  await removeLeftovers(folder, /^index-(\d+)/, { own: true });
  return path.join(folder, `index-${process.pid}`);
}

async function commitError(git: Git, root: string, error: unknown): Promise<unknown> {
  if (!(error instanceof GitFailure)) return error;
  const said = `${error.stdout}\n${error.stderr}`.split('\n').filter((line) => line.trim() !== '');
  const options = { details: said, cause: error };
  if (/\.lock'?: File exists/i.test(error.stderr)) return lockError(error);
  if (/failed to sign|failed to write commit object|signing|user\.signingkey|Load key|secret key/i.test(error.stderr)) {
    return new RunError('git cannot sign the commit; nothing was changed', {
      ...options,
      hint: 'Check user.signingKey, gpg.format and commit.gpgSign, and that the key is available (try: git commit --allow-empty -S).',
    });
  }
  const hooks = await commitHooks(git, root);
  if (hooks.length > 0) {
    return new RunError(`a hook refused the commit (${hooks.join(', ')}); nothing was changed`, {
      ...options,
      hint: 'Fix what the hook reports above, then run it again. The generated files are on disk.',
    });
  }
  return new RunError('git cannot commit; nothing was changed', {
    ...options,
    hint: 'See the message from git above.',
  });
}

/** Argo CD would get a different text than the config renders to, and each later run would commit the difference again. */
function rewroteError(files: readonly string[], hooks: readonly string[]): RunError {
  return new RunError(`a hook rewrote generated files (${hooks.join(', ')}); the commit was undone`, {
    details: files.slice(0, 10),
    hint: 'Exclude generated files from the hook (clusters/*/apps, values, manifests and README.md; their first line marks them), then run it again.',
  });
}

async function commitHooks(git: Git, root: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of ['pre-commit', 'prepare-commit-msg', 'commit-msg']) {
    const hook = path.resolve(root, (await git.raw(['rev-parse', '--git-path', `hooks/${name}`])).trimEnd());
    const runs = await access(hook, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) found.push(name);
  }
  return found;
}
