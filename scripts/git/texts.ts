import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { type Git, orUndefined, readObjects, zeroSeparated } from './run.ts';

/** A path that differs from HEAD. */
export interface DirtyPath {
  path: string;
  /** The index differs from HEAD. */
  staged: boolean;
  /** The file differs from the index, or is new. */
  unstaged: boolean;
}

/** A file that differs between two commits. */
export interface CommittedChange {
  path: string;
  change: 'added' | 'changed' | 'removed';
}

const plainDiff = ['-z', '--no-renames', '--no-ext-diff', '--ignore-submodules'];

/** @returns the commit at HEAD, undefined when there is none */
export async function headCommit(git: Git): Promise<string | undefined> {
  return await orUndefined(git((it) => it.revparse(['--verify', '--quiet', 'HEAD^{commit}'])));
}

/** @returns subjects of the commits of `to` that `from` lacks, the newest first, without merges */
export async function subjects(git: Git, from: string, to: string, maxCount?: number): Promise<string[]> {
  const range = { from, to, symmetric: false, ...(maxCount === undefined ? {} : { maxCount }) };
  const { all } = await git((it) => it.log({ format: { subject: '%s' }, ...range, '--no-merges': null }));
  return all.map(({ subject }) => subject);
}

/** @returns paths of files that differ; with a revision, from that */
async function differing(git: Git, ...revision: string[]): Promise<string[]> {
  return zeroSeparated(await git((it) => it.diff(['--name-only', ...plainDiff, ...revision])));
}

/**
 * Reads files out of a commit or the index.
 *
 * @param from `HEAD:` or, for the index, `:`
 * @returns texts of the paths that exist as files
 */
export async function readTexts(
  root: string,
  from: 'HEAD:' | ':',
  paths: readonly string[],
): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  if (paths.length === 0) return texts;
  let rest = await readObjects(
    root,
    paths.map((file) => `${from}${file}`),
  );
  for (const file of paths) {
    const end = rest.indexOf('\n');
    const [, type, size] = /(\w+) (\d+)$/.exec(rest.subarray(0, end).toString()) ?? [];
    rest = rest.subarray(end + 1);
    if (size === undefined) continue;
    if (type === 'blob') texts.set(file, rest.subarray(0, Number(size)).toString());
    rest = rest.subarray(Number(size) + 1);
  }
  return texts;
}

/** @returns paths of all files of HEAD in the folders; none without a commit */
export async function pathsAtHead(git: Git, folders: readonly string[]): Promise<string[]> {
  if ((await headCommit(git)) === undefined) return [];
  const inside = folders.map((folder) => `${folder}/`);
  return zeroSeparated(await git.raw(['ls-tree', '-r', '-z', '--name-only', '--full-tree', 'HEAD', '--', ...inside]));
}

/** @returns the paths that differ from HEAD, ignored or not */
export async function dirtyPaths(git: Git, root: string, paths: readonly string[]): Promise<DirtyPath[]> {
  const staged = new Set(await differing(git, '--cached'));
  const unstaged = new Set([...(await differing(git)), ...(await untracked(git, root, paths))]);
  return paths
    .map((file) => ({ path: file, staged: staged.has(file), unstaged: unstaged.has(file) }))
    .filter((file) => file.staged || file.unstaged);
}

/** @returns the paths whose files differ from HEAD */
export async function changedPaths(git: Git, root: string, paths: readonly string[]): Promise<string[]> {
  const differs =
    (await headCommit(git)) === undefined
      ? zeroSeparated(await git.raw(['ls-files', '-z']))
      : await differing(git, 'HEAD');
  const changed = new Set([...differs, ...(await untracked(git, root, paths))]);
  return paths.filter((file) => changed.has(file));
}

/** @returns files that differ between two commits */
export async function changesBetween(git: Git, from: string, to: string): Promise<CommittedChange[]> {
  const kinds = { A: 'added', D: 'removed' } as const;
  const items = zeroSeparated(await git((it) => it.diff(['--name-status', ...plainDiff, from, to])));
  return items.flatMap((kind, index) =>
    index % 2 === 0 ? [{ change: kinds[kind as keyof typeof kinds] ?? 'changed', path: items[index + 1] ?? '' }] : [],
  );
}

async function untracked(git: Git, root: string, paths: readonly string[]): Promise<string[]> {
  const tracked = new Set(zeroSeparated(await git.raw(['ls-files', '-z'])));
  const found: string[] = [];
  for (const file of paths) {
    if (tracked.has(file)) continue;
    const exists = await lstat(path.join(root, file)).then(
      () => true,
      () => false,
    );
    if (exists) found.push(file);
  }
  return found;
}
