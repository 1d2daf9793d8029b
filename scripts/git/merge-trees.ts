import { type Git, GitFailure, zeroSeparated } from './run.ts';

/** @returns the tree of a commit */
export async function treeOf(git: Git, commit: string): Promise<string> {
  return await git((it) => it.revparse(`${commit}^{tree}`));
}

/** @returns a commit with this tree, on no branch */
export async function makeCommit(git: Git, tree: string, parent?: string): Promise<string> {
  const parents = parent === undefined ? [] : ['-p', parent];
  return (await git.raw(['commit-tree', tree, ...parents, '-m', 'merge base'])).trim();
}

/**
 * Merges two trees by lines, in git's objects only. `merge-tree --merge-base` needs git 2.40, so the base is the common parent of
 * two temporary commits; they are on no branch, and git collects them.
 *
 * @returns the merged tree, or the paths in conflict
 */
export async function mergeTrees(
  git: Git,
  { base, ours, theirs }: { base: string; ours: string; theirs: string },
): Promise<{ tree: string } | { conflicts: string[] }> {
  const parent = await makeCommit(git, base);
  const sides = [await makeCommit(git, ours, parent), await makeCommit(git, theirs, parent)];
  try {
    const merged = await git.raw(['merge-tree', '--write-tree', '--name-only', '--no-messages', '-z', ...sides]);
    return { tree: merged.split('\0')[0] ?? '' };
  } catch (error) {
    if (!(error instanceof GitFailure) || error.exitCode !== 1) throw error;
    return { conflicts: [...new Set(zeroSeparated(error.stdout).slice(1))] };
  }
}
