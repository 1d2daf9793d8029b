import { setTimeout as wait } from 'node:timers/promises';
import { RunError } from '../report/errors.ts';
import { trailer } from './commit.ts';
import { withRemote } from './connect.ts';
import { treeOf } from './merge-trees.ts';
import { listRemote } from './probe.ts';
import { push } from './push.ts';
import type { Published, PublishedForReview, Remote } from './remote.ts';
import { remoteError } from './remote-failures.ts';
import { isAncestor, placeOnTop, requireCommonCommit } from './replay.ts';
import { type Git, GitFailure, orUndefined } from './run.ts';
import { headCommit, subjects } from './texts.ts';

const tries = 8;
const mostSubjects = 50;

/**
 * Pushes HEAD to a branch. What others pushed meanwhile is fetched, our commits are put on top of it, and the local
 * branch follows where that touches no file that the user is working on. The push comes before the local branch moves:
 * a failure leaves everything local as it was.
 *
 * @throws RunError naming the reason: no rights, protected branch, hook, conflicts, too many others pushing
 */
export async function publish(git: Git, { remote, branch }: { remote: Remote; branch: string }): Promise<Published> {
  for (let attempt = 1; attempt <= tries; attempt++) {
    const published = await tryToPublish(git, remote, branch);
    if (published !== 'raced') return published;
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
  const commit = await placeOnTop(git, head, tip);
  if (commit !== tip && (await push(git, { remote, commit, branch })) === 'raced') return 'raced';
  const foreign = await subjects(git, head, tip, mostSubjects);
  const localBehind = await moveBranch(git, head, commit);
  return { commit, pushed: commit !== tip, foreign, ...(localBehind === undefined ? {} : { localBehind }) };
}

/**
 * Pushes what HEAD has beyond the base branch to a branch of our own, for a pull request. The local branch stays.
 *
 * @param review our branch, as `breakwater/demo`; it is replaced as long as only our commits are on it
 * @returns `pushed: false` also when a run that was killed has pushed it already: the pull request may still be missing
 */
export async function publishForReview(
  git: Git,
  { remote, base, review }: { remote: Remote; base: string; review: string },
): Promise<PublishedForReview> {
  for (let attempt = 1; attempt <= tries; attempt++) {
    const published = await tryToOffer(git, remote, base, review);
    if (published !== 'raced') return published;
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
    throw new RunError(`${remote.url} has no branch ${base} to open a pull request against`, {
      hint: `Push it once (git push ${remote.url} HEAD:refs/heads/${base}), or check git.branch.`,
    });
  }
  if (!(await fetchCommit(git, remote, base, tip))) return 'raced';
  const commit = await placeOnTop(git, head, tip);
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
 * Looks whether a branch of the remote and HEAD have a commit in common, which publishing needs.
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
    throw new RunError('There is no commit yet to publish', {
      hint: 'Commit your files first: git add -A && git commit',
    });
  return head;
}

/**
 * Sees to it that a commit of the remote is among git's objects. No ref, no remote and no FETCH_HEAD of the user's changes,
 * and no lock is left when it is killed.
 *
 * @returns false when the branch moved in the meantime, so that the commit did not come
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

/** A remote that has `master` gets no `main` beside it by accident, nor the other way round. */
function requireNoTwin(remote: Remote, branch: string, branches: ReadonlyMap<string, string>): void {
  const twin = { main: 'master', master: 'main' }[branch];
  if (twin === undefined || !branches.has(twin)) return;
  throw new RunError(`${remote.url} has the branch ${twin}, but no ${branch}`, {
    hint: `Set git.branch: ${twin}, or rename the branch at the host.`,
  });
}

/** On another branch than the configured one, a person's commits are not published by the way. */
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
    `You are on ${current === '' ? 'no branch' : current}, whose commits would be published on ${branch}`,
    {
      details: theirs,
      hint: `Switch to ${branch} (git switch ${branch}) or merge first; or set git.branch: ${current === '' ? 'NAME' : current}.`,
    },
  );
}

/** Our review branch is replaced by force, so there must be nothing of others' on it. */
async function requireOursOnly(
  git: Git,
  { review, there, tip, commit }: { review: string; there: string; tip: string; commit: string },
): Promise<void> {
  const theirs = await notOurs(git, ['--cherry-pick', '--right-only', `${commit}...${there}`, `^${tip}`]);
  if (theirs.length === 0) return;
  throw new RunError(`The branch ${review} has commits of others, which would be lost`, {
    details: theirs,
    hint: 'Merge or close its pull request and delete the branch, then run again.',
  });
}

/** Short descriptions of those commits that we did not make. */
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

/** Moves the current branch, index and files to a commit; what the user has changed or not added stays untouched. */
async function moveBranch(git: Git, head: string, commit: string): Promise<string | undefined> {
  if (head === commit) return undefined;
  const branch = await currentBranch(git);
  if (branch === '') return 'HEAD is detached, so no branch was moved';
  if ((await headCommit(git)) !== head) return 'a commit was added meanwhile';
  try {
    const options = ['--quiet', '--no-track', '--no-overwrite-ignore', '-B', branch, commit];
    await git((it) => it.checkout(options), { hooks: true });
    return undefined;
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    const files = error.stderr.split('\n').filter((line) => line.startsWith('\t'));
    const which = files.map((line) => line.trim()).join(', ');
    return `${branch} stays where it was: others changed files that you are working on${which === '' ? '' : ` (${which})`}`;
  }
}

function tooBusy(remote: Remote, branch: string): RunError {
  return new RunError(`${branch} of ${remote.url} moved during each of ${tries} pushes`, {
    hint: 'Your commit is made and stays on your branch. Run again when it is quieter.',
  });
}
