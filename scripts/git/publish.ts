import { setTimeout as wait } from 'node:timers/promises';
import { RunError } from '../report/errors.ts';
import { trailer } from './commit.ts';
import { withRemote } from './connect.ts';
import { treeOf } from './merge-trees.ts';
import { listRemote } from './probe.ts';
import { push } from './push.ts';
import { applyOnto, isAncestor, requireCommonCommit } from './rebase.ts';
import type { Published, PublishedForReview, Remote } from './remote.ts';
import { remoteError } from './remote-failures.ts';
import { type Git, GitFailure, orUndefined } from './run.ts';
import { headCommit, subjects } from './texts.ts';
import { track } from './track.ts';

const tries = 8;
const mostSubjects = 50;

/**
 * Pushes HEAD to a branch. Commits that others pushed meanwhile are fetched, ours are rebased onto them, and the local branch
 * follows unless that touches a file that the user is working on. The push comes before the local branch moves: a failure
 * leaves everything local unchanged.
 *
 * @throws RunError with the reason: no rights, protected branch, hook, conflicts, too many concurrent pushes
 */
export async function publish(git: Git, { remote, branch }: { remote: Remote; branch: string }): Promise<Published> {
  for (let attempt = 1; attempt <= tries; attempt++) {
    const published = await tryToPublish(git, remote, branch);
    if (published !== 'raced') {
      await track(git, remote.url, branch, published.commit);
      return published;
    }
    await wait(Math.random() * 150 * attempt);
  }
  throw tooBusy(remote, branch);
}

async function tryToPublish(git: Git, remote: Remote, branch: string): Promise<Published | 'raced'> {
  const head = await requireHead(git);
  const { branches } = await listRemote(git, remote);
  const tip = branches.get(branch);
  if (tip === undefined) {
    requireNoTwin(remote, branch, branches);
    if ((await push(git, { remote, commit: head, branch })) === 'raced') return 'raced';
    return { commit: head, pushed: true, foreign: [] };
  }
  if (!(await fetchCommit(git, remote, branch, tip))) return 'raced';
  await requireOwnCommits(git, { branch, head, tip });
  const commit = await applyOnto(git, head, tip);
  if (commit !== tip && (await push(git, { remote, commit, branch })) === 'raced') return 'raced';
  const foreign = await subjects(git, head, tip, mostSubjects);
  const localBehind = await moveBranch(git, head, commit);
  return { commit, pushed: commit !== tip, foreign, ...(localBehind === undefined ? {} : { localBehind }) };
}

/**
 * Pushes the commits that HEAD has beyond the base branch to our own branch, for a pull request. The local branch stays.
 *
 * @param review our branch, as `breakwater/demo`; it is replaced as long as it has only our commits
 * @returns `pushed: false` also when a killed run has pushed it already: the pull request may still be missing
 */
export async function publishForReview(
  git: Git,
  { remote, base, review }: { remote: Remote; base: string; review: string },
): Promise<PublishedForReview> {
  for (let attempt = 1; attempt <= tries; attempt++) {
    const published = await tryToOffer(git, remote, base, review);
    if (published !== 'raced') {
      if (published.toReview) await track(git, remote.url, review, published.commit);
      return published;
    }
    await wait(Math.random() * 150 * attempt);
  }
  throw tooBusy(remote, review);
}

async function tryToOffer(
  git: Git,
  remote: Remote,
  base: string,
  review: string,
): Promise<PublishedForReview | 'raced'> {
  const head = await requireHead(git);
  const { branches } = await listRemote(git, remote);
  const tip = branches.get(base);
  if (tip === undefined) {
    throw new RunError(`${remote.url} has no branch ${base}, which the pull request would go into`, {
      hint: `Push it once (git push ${remote.url} HEAD:refs/heads/${base}), or check git.branch.`,
    });
  }
  if (!(await fetchCommit(git, remote, base, tip))) return 'raced';
  const commit = await applyOnto(git, head, tip);
  const foreign = await subjects(git, head, tip, mostSubjects);
  if (commit === tip) return { commit, pushed: false, foreign, toReview: false, base: tip };
  const there = branches.get(review);
  if (there !== undefined) {
    if (!(await fetchCommit(git, remote, review, there))) return 'raced';
    const same = (await treeOf(git, there)) === (await treeOf(git, commit)) && (await isAncestor(git, tip, there));
    if (same) return { commit: there, pushed: false, foreign, toReview: true, base: tip };
    await requireOursOnly(git, { review, there, tip, commit });
  }
  if ((await push(git, { remote, commit, branch: review, replaces: there ?? '' })) === 'raced') return 'raced';
  return { commit, pushed: true, foreign, toReview: true, base: tip };
}

/**
 * Checks that a branch of the remote and HEAD have a common commit, which publishing needs.
 *
 * @throws RunError when they do not
 */
export async function requireRelated(git: Git, remote: Remote, branch: string): Promise<void> {
  const [head, { branches }] = [await headCommit(git), await listRemote(git, remote)];
  const tip = branches.get(branch);
  if (head === undefined || tip === undefined || !(await fetchCommit(git, remote, branch, tip))) return;
  await requireCommonCommit(git, head, tip);
}

async function requireHead(git: Git): Promise<string> {
  const head = await headCommit(git);
  if (head === undefined)
    throw new RunError('there is no commit to publish', {
      hint: 'Commit your files first: git add -A && git commit',
    });
  return head;
}

/**
 * Fetches a commit of the remote into git's objects. The user's refs, remotes and FETCH_HEAD stay unchanged, and a killed run
 * leaves no lock.
 *
 * @returns false when the branch moved in the meantime, so that the commit was not fetched
 */
async function fetchCommit(git: Git, remote: Remote, branch: string, commit: string): Promise<boolean> {
  if (await isHere(git, commit)) return true;
  const args = [
    ...['--quiet', '--progress', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance', '--no-prune'],
    ...['--no-recurse-submodules', remote.url, `refs/heads/${branch}`],
  ];
  await withRemote(git, remote, (options) => git((it) => it.fetch(args), options)).catch((error: unknown) => {
    throw remoteError(error, remote, 'fetch from');
  });
  return isHere(git, commit);
}

async function isHere(git: Git, commit: string): Promise<boolean> {
  return (await orUndefined(git((it) => it.revparse(['--verify', '--quiet', `${commit}^{commit}`])))) !== undefined;
}

/** Avoids adding `main` to a remote that has `master`, and the other way round. */
function requireNoTwin(remote: Remote, branch: string, branches: ReadonlyMap<string, string>): void {
  const twin = { main: 'master', master: 'main' }[branch];
  if (twin === undefined || !branches.has(twin)) return;
  throw new RunError(`${remote.url} has the branch ${twin}, but not ${branch}`, {
    hint: `Set git.branch: ${twin}, or rename the branch on the host.`,
  });
}

/** A user on another branch than the configured one does not expect their own commits to be published. */
async function requireOwnCommits(
  git: Git,
  { branch, head, tip }: { branch: string; head: string; tip: string },
): Promise<void> {
  const current = await currentBranch(git);
  const local = git((it) => it.revparse(['--verify', '--quiet', `refs/heads/${branch}`]));
  if (current === branch || (await orUndefined(local)) === undefined) return;
  const theirs = await notOurs(git, [`${tip}..${head}`]);
  if (theirs.length === 0) return;
  throw new RunError(
    `you are on ${current === '' ? 'no branch' : current}, and its commits would be published on ${branch}`,
    {
      details: theirs,
      hint: `Switch to ${branch} (git switch ${branch}) or merge first; or set git.branch: ${current === '' ? 'NAME' : current}.`,
    },
  );
}

/** The push replaces our review branch by force, so it must not have commits of others. */
async function requireOursOnly(
  git: Git,
  { review, there, tip, commit }: { review: string; there: string; tip: string; commit: string },
): Promise<void> {
  const theirs = await notOurs(git, ['--cherry-pick', '--right-only', `${commit}...${there}`, `^${tip}`]);
  if (theirs.length === 0) return;
  throw new RunError(`the branch ${review} has commits by others, which would be lost`, {
    details: theirs,
    hint: 'Merge or close its pull request and delete the branch, then run again.',
  });
}

/** Descriptions of the commits that are not ours. */
async function notOurs(git: Git, range: readonly string[]): Promise<string[]> {
  const by = `%(trailers:key=${trailer.key},valueonly,separator=%x20)`;
  const options = Object.fromEntries(['--no-merges', ...range].map((word) => [word, null]));
  const { all } = await git((it) => it.log({ format: { by, text: '%h "%s" by %an' }, ...options }));
  return all.filter((commit) => commit.by !== trailer.value).map(({ text }) => text);
}

/** @returns the name; empty when HEAD is detached */
async function currentBranch(git: Git): Promise<string> {
  return (await git((it) => it.branch(['--show-current']))).current;
}

/** Moves the current branch, index and files to a commit; uncommitted and untracked files of the user stay untouched. */
async function moveBranch(git: Git, head: string, commit: string): Promise<string | undefined> {
  if (head === commit) return undefined;
  const branch = await currentBranch(git);
  if (branch === '') return 'HEAD is detached: no local branch was moved';
  if ((await headCommit(git)) !== head) return 'the local branch was not moved: it has a new commit';
  try {
    const options = ['--quiet', '--no-track', '--no-overwrite-ignore', '-B', branch, commit];
    await git((it) => it.checkout(options), { hooks: true });
    return undefined;
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    const files = error.stderr.split('\n').filter((line) => line.startsWith('\t'));
    const which = files.map((line) => line.trim()).join(', ');
    return `the local branch ${branch} was not moved: others changed files that you are working on${which === '' ? '' : ` (${which})`}`;
  }
}

function tooBusy(remote: Remote, branch: string): RunError {
  return new RunError(`${branch} of ${remote.url} moved during each of ${tries} attempts to push`, {
    hint: 'Your commit is on your local branch. Run it again when fewer pushes compete.',
  });
}
