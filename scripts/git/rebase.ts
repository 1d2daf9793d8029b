import { RunError } from '../report/errors.ts';
import { mergeTrees, treeOf } from './merge-trees.ts';
import { type Git, orUndefined } from './run.ts';

/**
 * Rebases the commits that `head` has beyond `tip` onto `tip`, in git's objects only: files, index and branches stay
 * untouched, so a failure needs no cleanup. Each commit is merged with its parent as the base.
 *
 * @returns the new commit; `head` itself when it has all of `tip`, `tip` itself when it has all of `head`
 * @throws RunError on conflicts (with the files), without a common commit, or when merges would have to be rebased
 */
export async function applyOnto(git: Git, head: string, tip: string): Promise<string> {
  if (head === tip || (await isAncestor(git, tip, head))) return head;
  if (await isAncestor(git, head, tip)) return tip;
  await requireCommonCommit(git, head, tip);
  const lines = await git.raw(['rev-list', '--reverse', '--topo-order', '--parents', `${tip}..${head}`]);
  let current = tip;
  for (const line of lines.trimEnd().split('\n')) {
    const [commit = '', parent = '', ...others] = line.split(' ');
    if (others.length > 0) throw await mergesInBetween(git, commit);
    current = await rebaseCommit(git, { commit, parent, onto: current });
  }
  return current;
}

/** @throws RunError when two commits have no common history */
export async function requireCommonCommit(git: Git, head: string, tip: string): Promise<void> {
  if ((await orUndefined(git.raw(['merge-base', tip, head]))) === undefined) throw await unrelated(git);
}

/** @returns true when `descendant` has everything of `ancestor` */
export async function isAncestor(git: Git, ancestor: string, descendant: string): Promise<boolean> {
  return (await git.raw(['rev-list', '--count', `${descendant}..${ancestor}`])).trim() === '0';
}

interface Step {
  commit: string;
  parent: string;
  onto: string;
}

async function rebaseCommit(git: Git, step: Step): Promise<string> {
  const [before, after, there] = [
    await treeOf(git, step.parent),
    await treeOf(git, step.commit),
    await treeOf(git, step.onto),
  ];
  const merged = await mergeTrees(git, { base: before, ours: there, theirs: after });
  if ('conflicts' in merged) throw await conflicts(git, step.commit, merged.conflicts);
  const { tree } = merged;
  // A change that others have made already needs no second commit; a commit that was empty from the start is kept.
  if (tree === there && before !== after) return step.onto;
  return copyCommit(git, step.commit, tree, step.onto);
}

/** Same author, date and message on another parent; signed when the user's commits are. */
async function copyCommit(git: Git, commit: string, tree: string, parent: string): Promise<string> {
  const shown = await git.raw([
    'log',
    '-1',
    '--encoding=UTF-8',
    '--date=raw',
    '--format=%an%x00%ae%x00%ad%x00%B',
    commit,
  ]);
  const [name = '', email = '', date = '', message = ''] = shown.split('\0');
  const sign = await git.raw(['config', '--type=bool', '--default=false', '--get', 'commit.gpgSign']);
  const extra = { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_AUTHOR_DATE: `@${date}` };
  const options = [...(sign.trim() === 'true' ? ['-S'] : []), '-p', parent, '-F', '-'];
  return (await git.raw(['commit-tree', tree, ...options], { input: `${message.trimEnd()}\n`, extra })).trim();
}

const pull = 'Update your branch by hand (git pull --rebase URL BRANCH), then run it again.';

async function conflicts(git: Git, commit: string, files: readonly string[]): Promise<RunError> {
  const subject = (await git.raw(['log', '-1', '--format=%h "%s"', commit])).trim();
  return new RunError(`cannot rebase ${subject}: newer commits on the remote change the same lines`, {
    details: files.map((file) => `${file} has conflicts`),
    hint: `Your branch and files are unchanged. ${pull} For generated files, take either side and run \`npm run render\`.`,
  });
}

async function unrelated(git: Git): Promise<RunError> {
  const shallow = (await git((it) => it.revparse('--is-shallow-repository'))) === 'true';
  return new RunError('the remote branch and yours have no commit in common', {
    hint: shallow
      ? 'This is a shallow clone: run `git fetch --unshallow`, then run it again.'
      : 'Point git.url at an empty repository, choose another git.branch, or merge the two histories yourself (git pull --rebase --allow-unrelated-histories URL BRANCH).',
  });
}

async function mergesInBetween(git: Git, commit: string): Promise<RunError> {
  const subject = (await git.raw(['log', '-1', '--format=%h "%s"', commit])).trim();
  return new RunError(
    `the remote branch moved, and your branch has a merge commit that cannot be rebased: ${subject}`,
    {
      hint: pull,
    },
  );
}
