import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { RunError } from '../report/errors.ts';
import { type CommitOptions, commitPaths } from './commit.ts';
import { listRemote } from './probe.ts';
import { publish, publishForReview, requireRelated } from './publish.ts';
import { push } from './push.ts';
import type { Published, PublishedForReview, Remote, RemoteState } from './remote.ts';
import { createGit, type Git, GitFailure } from './run.ts';
import { commitObstacle, type RepositoryState, readState } from './state.ts';
import {
  type CommittedChange,
  changesBetween,
  type DirtyPath,
  dirtyPaths,
  headCommit,
  pathsAtHead,
  textsAt,
} from './texts.ts';

/** The user's repository. Paths are relative to its root, with forward slashes. */
export interface Repository {
  readonly root: string;
  state(): Promise<RepositoryState>;
  /** Whether `git switch` finds this branch, here or at a remote of the user's. */
  hasBranch(name: string): Promise<boolean>;
  /** Looks whether a commit can be made here. @throws RunError saying why not and what to do */
  requireCommittable(): Promise<RepositoryState>;
  /** Paths of all files that HEAD has in the folders. */
  headPaths(folders: readonly string[]): Promise<string[]>;
  /** Texts of those of the paths that HEAD has. */
  headText(paths: readonly string[]): Promise<Map<string, string>>;
  /** Texts of those of the paths that the index has. */
  stagedText(paths: readonly string[]): Promise<Map<string, string>>;
  /** What differs between two commits that are here. */
  changes(from: string, to: string): Promise<readonly CommittedChange[]>;
  /** Those of the paths that differ from HEAD. */
  dirty(paths: readonly string[]): Promise<readonly DirtyPath[]>;
  /** Commits the paths as they are on disk (absent files as deletions) and nothing else, whatever is staged. */
  commit(options: CommitOptions): Promise<{ commit: string } | 'nothing'>;
  /** Asks the remote what it has. @throws RunError naming the setting to change */
  probe(remote: Remote): Promise<RemoteState>;
  /** Where git goes instead of an address, by `url.*.insteadOf` of the user's settings; undefined: to that very address. */
  rewrittenUrl(url: string): Promise<string | undefined>;
  /** Looks whether a branch of the remote and HEAD have a commit in common. @throws RunError when they do not */
  requireRelated(options: { remote: Remote; branch: string }): Promise<void>;
  /** Asks the remote whether it would take a push, without changing it; a protected branch shows at the push only. */
  requirePushable(options: { remote: Remote; branch: string }): Promise<void>;
  /** Pushes HEAD to the branch; onto what others pushed meanwhile, without touching files that the user works on. */
  publish(options: { remote: Remote; branch: string }): Promise<Published>;
  /** Pushes what HEAD has beyond `base` to a branch of our own (`review`), for a pull request. */
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
      const obstacle = commitObstacle(state);
      if (obstacle !== undefined) throw obstacle;
      return state;
    },
    headPaths: (folders) => pathsAtHead(git, folders),
    headText: async (paths) => ((await headCommit(git)) === undefined ? new Map() : textsAt(root, 'HEAD:', paths)),
    stagedText: (paths) => textsAt(root, ':', paths),
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
  throw new RunError(`${root} is a part of the repository ${top}`, {
    hint: `The paths in Argo CD are those of the repository: make this folder a repository of its own (git init in it, or a clone elsewhere).`,
  });
}

function openError(root: string, error: GitFailure): RunError {
  const options = { details: error.stderr.trim().split('\n'), cause: error };
  if (/dubious ownership/.test(error.stderr)) {
    return new RunError(`git refuses ${root}, because it belongs to another user`, {
      ...options,
      hint: `Run as its owner, or trust it: git config --global --add safe.directory "${root}"`,
    });
  }
  if (/must be run in a work tree/.test(error.stderr)) {
    return new RunError(`${root} is a bare repository`, { ...options, hint: 'Run in a clone of it.' });
  }
  return new RunError(`${path.resolve(root)} is not a git repository`, {
    ...options,
    hint: 'Clone the template, or make one of it: git init -b main && git add -A && git commit -m "Start"',
  });
}

/** Without a commit there is nothing to offer, so only reading can be tried. */
async function requirePushable(git: Git, { remote, branch }: { remote: Remote; branch: string }): Promise<void> {
  const head = await headCommit(git);
  if (head !== undefined) {
    await push(git, { remote, commit: head, branch, dryRun: true });
    return;
  }
  await listRemote(git, remote);
}
