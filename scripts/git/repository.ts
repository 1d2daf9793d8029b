import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { RunError } from '../report/errors.ts';
import { type CommitOptions, commitPaths } from './commit.ts';
import { listRemote } from './probe.ts';
import { publish, publishForReview, requireRelated } from './publish.ts';
import { push } from './push.ts';
import type { Published, PublishedForReview, Remote, RemoteState } from './remote.ts';
import { createGit, type Git, GitFailure } from './run.ts';
import { commitProblem, type RepositoryState, readState } from './state.ts';
import {
  type CommittedChange,
  changesBetween,
  type DirtyPath,
  dirtyPaths,
  headCommit,
  pathsAtHead,
  readTexts,
} from './texts.ts';

/** The user's repository. Paths are relative to its root, with forward slashes. */
export interface Repository {
  readonly root: string;
  state(): Promise<RepositoryState>;
  /** Whether `git switch` finds this branch, locally or at one of the user's remotes. */
  hasBranch(name: string): Promise<boolean>;
  /** Checks that a commit can be made. @throws RunError with the reason and a hint */
  requireCommittable(): Promise<RepositoryState>;
  /** Paths of all files of HEAD in the folders. */
  headPaths(folders: readonly string[]): Promise<string[]>;
  /** Texts of the paths that HEAD has. */
  headText(paths: readonly string[]): Promise<Map<string, string>>;
  /** Texts of the paths that the index has. */
  stagedText(paths: readonly string[]): Promise<Map<string, string>>;
  /** Files that differ between two local commits. */
  changes(from: string, to: string): Promise<readonly CommittedChange[]>;
  /** The paths that differ from HEAD. */
  dirty(paths: readonly string[]): Promise<readonly DirtyPath[]>;
  /** Commits the paths as they are on disk (absent files as deletions) and nothing else, whatever is staged. */
  commit(options: CommitOptions): Promise<{ commit: string } | 'nothing'>;
  /** Asks the remote for its branches. @throws RunError naming the setting to change */
  probe(remote: Remote): Promise<RemoteState>;
  /** Address that git uses instead, by `url.*.insteadOf` in the user's settings; undefined: this one. */
  rewrittenUrl(url: string): Promise<string | undefined>;
  /** Checks that a branch of the remote and HEAD have a common commit. @throws RunError when they have none */
  requireRelated(options: { remote: Remote; branch: string }): Promise<void>;
  /** Checks with a dry run that the remote accepts a push; a protected branch shows only at the real push. */
  requirePushable(options: { remote: Remote; branch: string }): Promise<void>;
  /** Pushes HEAD to the branch, rebased onto commits of others, without touching files that the user works on. */
  publish(options: { remote: Remote; branch: string }): Promise<Published>;
  /** Pushes the commits that HEAD has beyond `base` to our own branch (`review`), for a pull request. */
  publishForReview(options: { remote: Remote; base: string; review: string }): Promise<PublishedForReview>;
}

/**
 * Opens the repository whose root is this folder.
 *
 * @param root absolute path
 * @throws RunError when git is absent or too old, or the folder is not the root of a repository
 */
export async function openRepository(root: string): Promise<Repository> {
  const git = createGit(root);
  await requireVersion(git);
  await requireRoot(git, root);
  return {
    root,
    state: () => readState(git, root),
    hasBranch: async (name) =>
      (await git.raw(['for-each-ref', '--count=1', `refs/heads/${name}`, `refs/remotes/*/${name}`])) !== '',
    requireCommittable: async () => {
      const state = await readState(git, root);
      const obstacle = commitProblem(state);
      if (obstacle !== undefined) throw obstacle;
      return state;
    },
    headPaths: (folders) => pathsAtHead(git, folders),
    headText: async (paths) => ((await headCommit(git)) === undefined ? new Map() : readTexts(root, 'HEAD:', paths)),
    stagedText: (paths) => readTexts(root, ':', paths),
    changes: (from, to) => changesBetween(git, from, to),
    dirty: (paths) => dirtyPaths(git, root, paths),
    commit: (options) => commitPaths(git, root, options),
    probe: (remote) => listRemote(git, remote),
    rewrittenUrl: async (url) => {
      const real = (await git((it) => it.listRemote(['--get-url', url]))).trim();
      return real === url ? undefined : real;
    },
    requireRelated: ({ remote, branch }) => requireRelated(git, remote, branch),
    requirePushable: (options) => requirePushable(git, options),
    publish: (options) => publish(git, options),
    publishForReview: (options) => publishForReview(git, options),
  };
}

/** `merge-tree --write-tree` came with 2.38; 2.39 is the oldest that the tests have run with. */
async function requireVersion(git: Git): Promise<void> {
  const { major, minor, patch } = await git((it) => it.version());
  if (major > 2 || (major === 2 && minor >= 39)) return;
  throw new RunError(`git ${major}.${minor}.${patch} is too old`, { hint: 'Install git 2.39 or newer.' });
}

async function requireRoot(git: Git, root: string): Promise<void> {
  let top: string;
  try {
    top = (await git.raw(['rev-parse', '--show-toplevel'])).replace(/\n$/, '');
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    throw openError(root, error);
  }
  if ((await realpath(top)) === (await realpath(root))) return;
  throw new RunError(`${root} is inside the repository ${top}, not at its root`, {
    hint: `Argo CD's paths are relative to the root of the repository, and this folder is inside another one. Make it a repository of its own (git init), or clone it elsewhere.`,
  });
}

function openError(root: string, error: GitFailure): RunError {
  const options = { details: error.stderr.trim().split('\n'), cause: error };
  if (/dubious ownership/.test(error.stderr)) {
    return new RunError(`git refuses ${root}: it belongs to another user`, {
      ...options,
      hint: `Run as its owner, or trust it: git config --global --add safe.directory "${root}"`,
    });
  }
  if (/must be run in a work tree/.test(error.stderr)) {
    return new RunError(`${root} is a bare repository`, { ...options, hint: 'Run in a clone of it.' });
  }
  return new RunError(`${path.resolve(root)} is not a git repository`, {
    ...options,
    hint: 'Clone the template, or create a repository here: git init -b main && git add -A && git commit -m "Start"',
  });
}

/** Without a commit there is nothing to push, so this only checks read access. */
async function requirePushable(git: Git, { remote, branch }: { remote: Remote; branch: string }): Promise<void> {
  const head = await headCommit(git);
  if (head !== undefined) {
    await push(git, { remote, commit: head, branch, dryRun: true });
    return;
  }
  await listRemote(git, remote);
}
