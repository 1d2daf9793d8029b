import { access } from 'node:fs/promises';
import path from 'node:path';
import { RunError } from '../report/errors.ts';
import { type Git, orUndefined, zeroSeparated } from './run.ts';

/** State of a repository. */
export interface RepositoryState {
  /** Current branch; absent when HEAD is detached. */
  branch?: string;
  /** Commit at HEAD; absent when there is none yet. */
  head?: string;
  /** Unfinished operation, as `merge` or `rebase`. */
  unfinished?: string;
  shallow: boolean;
  /** False when user.name or user.email is not set. */
  identity: boolean;
  /** Files with unresolved conflicts. */
  conflicts: readonly string[];
}

const operations: readonly (readonly [file: string, what: string])[] = [
  ['rebase-merge', 'rebase'],
  ['rebase-apply', 'rebase'],
  ['MERGE_HEAD', 'merge'],
  ['CHERRY_PICK_HEAD', 'cherry-pick'],
  ['REVERT_HEAD', 'revert'],
];

/** Reads the state of the repository at `root`. */
export async function readState(git: Git, root: string): Promise<RepositoryState> {
  const lines = zeroSeparated(
    await git.raw(['status', '--porcelain=v2', '--branch', '-z', '--untracked-files=no', '--ignore-submodules=all']),
  );
  const header = (name: string) => lines.find((line) => line.startsWith(`# ${name} `))?.slice(name.length + 3);
  const head = header('branch.oid');
  const branch = header('branch.head');
  const parsed = await git.raw([
    'rev-parse',
    '--is-shallow-repository',
    ...operations.flatMap(([file]) => ['--git-path', file]),
  ]);
  const [shallow, ...places] = parsed.trimEnd().split('\n');
  const unfinished = await findUnfinished(root, places);
  return {
    ...(branch === undefined || branch === '(detached)' ? {} : { branch }),
    ...(head === undefined || head === '(initial)' ? {} : { head }),
    ...(unfinished === undefined ? {} : { unfinished }),
    shallow: shallow === 'true',
    identity: await hasIdentity(git),
    conflicts: lines.filter((line) => line.startsWith('u ')).map((line) => line.split(' ').slice(10).join(' ')),
  };
}

/** @param places paths of the files of `operations`, relative to the root or absolute */
async function findUnfinished(root: string, places: readonly string[]): Promise<string | undefined> {
  for (const [index, place] of places.entries()) {
    const exists = await access(path.resolve(root, place)).then(
      () => true,
      () => false,
    );
    if (exists) return operations[index]?.[1];
  }
  return undefined;
}

/** A name that git derives from the machine does not count. */
async function hasIdentity(git: Git): Promise<boolean> {
  const settings = [['user.useConfigOnly', 'true']] as const;
  for (const who of ['GIT_AUTHOR_IDENT', 'GIT_COMMITTER_IDENT'])
    if ((await orUndefined(git.raw(['var', who], { settings }), [1, 128])) === undefined) return false;
  return true;
}

/** @returns the error that says why nothing can be committed in this state; undefined when it can */
export function commitProblem(state: RepositoryState): RunError | undefined {
  if (state.unfinished !== undefined) {
    return new RunError(`this repository has an unfinished ${state.unfinished}`, {
      details: state.conflicts.map((file) => `${file} has conflicts`),
      hint: `Finish it (git ${state.unfinished} --continue) or abort it (git ${state.unfinished} --abort), then run again.`,
    });
  }
  if (state.conflicts.length > 0) {
    return new RunError('this repository has unresolved conflicts', {
      details: state.conflicts,
      hint: 'Resolve them and `git add` the files, then run again.',
    });
  }
  if (state.branch === undefined) {
    return new RunError('HEAD is detached: a new commit would be on no branch', {
      hint: 'Switch to a branch first: git switch main, or git switch -c NAME to keep your commits.',
    });
  }
  if (!state.identity) {
    return new RunError('git has no identity for commits: user.name or user.email is not set', {
      hint: 'git config --global user.name "Your Name" && git config --global user.email you@example.com',
    });
  }
  return undefined;
}
