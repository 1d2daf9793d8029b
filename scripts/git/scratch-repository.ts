import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeLeftovers } from '../processes/leftovers.ts';
import { makeCommit } from './merge-trees.ts';
import { createGit, type Git, orUndefined, zeroSeparated } from './run.ts';

/**
 * A repository in a temporary folder that can read the objects of the user's. The user's repository stays unchanged, even
 * when the run is killed.
 */
export interface ScratchRepository {
  /** Absolute path of its work tree. */
  folder: string;
  /** Absolute path of its objects. */
  objects: string;
  git: Git;
  remove(): Promise<void>;
}

/** Overrides the user's merge settings; no file moves because others did. */
const settings = [
  ['merge.renames', 'false'],
  ['merge.directoryRenames', 'false'],
  ['gc.auto', '0'],
  ['user.name', 'Breakwater'],
  ['user.email', 'breakwater@localhost'],
] as const;

/** @param root the user's repository */
export async function openScratchRepository(root: string): Promise<ScratchRepository> {
  await removeLeftovers(tmpdir(), /^breakwater-upgrade-(\d+)-/);
  const folder = await mkdtemp(path.join(tmpdir(), `breakwater-upgrade-${process.pid}-`));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const git = createGit(folder, { settings });
    await git((it) => it.init(false, ['--quiet', '--template=', `--initial-branch=${scratchBranch}`]));
    const own = await createGit(root).raw(['rev-parse', '--git-path', 'objects']);
    const objects = path.join(folder, '.git', 'objects');
    await writeFile(path.join(objects, 'info', 'alternates'), `${path.resolve(root, own.replace(/\n$/, ''))}\n`);
    return { folder, objects, git, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** @returns mode and object of each file in a tree or commit, as `100644 1a2b…`, by path */
export async function entriesOf(git: Git, treeish: string): Promise<Map<string, string>> {
  const lines = zeroSeparated(await git.raw(['ls-tree', '-r', '-z', '--full-tree', treeish]));
  return new Map(
    lines.map((line) => {
      const [mode = '', , object = ''] = line.slice(0, line.indexOf('\t')).split(' ');
      return [line.slice(line.indexOf('\t') + 1), `${mode} ${object}`] as const;
    }),
  );
}

/**
 * Makes a tree from another one.
 *
 * @param changes mode and object by path; undefined: removed
 * @returns the new tree
 */
export async function changeTree(
  { git, folder }: ScratchRepository,
  tree: string,
  changes: ReadonlyMap<string, string | undefined>,
): Promise<string> {
  const extra = { GIT_INDEX_FILE: path.join(folder, '.git', 'scratch-index') };
  await git.raw(['read-tree', tree], { extra });
  const line = ([file, entry]: [string, string | undefined]) => `${entry ?? `0 ${'0'.repeat(tree.length)}`}\t${file}\0`;
  // Removals first: a folder may replace a file.
  const lines = [...changes].sort(([, a], [, b]) => Number(a !== undefined) - Number(b !== undefined)).map(line);
  if (lines.length > 0) await git.raw(['update-index', '-z', '--index-info'], { extra, input: lines.join('') });
  return (await git.raw(['write-tree'], { extra })).trim();
}

/** The scratch repository's only branch. */
export const scratchBranch = 'result';

/** Checks a commit out. */
export async function checkOutCommit(git: Git, commit: string): Promise<void> {
  await git.raw(['update-ref', `refs/heads/${scratchBranch}`, commit]);
  await git((it) => it.reset(['--quiet', '--hard']));
}

/**
 * Commits all files, ignored ones too, except packages and caches; the branch follows.
 *
 * @returns the new commit, on top of `parent`
 */
export async function commitFiles({ git }: ScratchRepository, parent: string): Promise<string> {
  await git((it) => it.add(['--all', '--force', '--', '.', ':(exclude,top)node_modules', ':(exclude,top).breakwater']));
  const commit = await makeCommit(git, (await git.raw(['write-tree'])).trim(), parent);
  await git.raw(['update-ref', `refs/heads/${scratchBranch}`, commit]);
  return commit;
}

/** @returns a file's text in a tree or commit; undefined when it does not exist */
export async function textIn(git: Git, treeish: string, file: string): Promise<string | undefined> {
  return await orUndefined(
    git((it) => it.catFile(['blob', `${treeish}:${file}`])),
    [128],
  );
}

/** @returns mode and object of a new file with this text */
export async function writeText(git: Git, text: string): Promise<string> {
  return `100644 ${(await git.raw(['hash-object', '-w', '--stdin'], { input: text })).trim()}`;
}

/**
 * Finds the upstream commit that the user's repository was made from. A repository made by "Use this template" has no
 * commit of upstream, but its first tree equals upstream's at that time, which need not be a release.
 *
 * @param root the user's repository
 * @param target upstream's commit to upgrade to
 * @returns the newest such commit; undefined when there is none
 */
export async function findOrigin(
  { git }: ScratchRepository,
  root: string,
  target: string,
): Promise<string | undefined> {
  const format = { tree: '%T', commit: '%H' };
  const theirs = await git((it) => it.log({ format, [target]: null }));
  const upstream = new Map([...theirs.all].reverse().map(({ tree, commit }) => [tree, commit]));
  const own = await createGit(root)((it) => it.log({ format, HEAD: null }));
  return own.all.map(({ tree }) => upstream.get(tree)).find((commit) => commit !== undefined);
}
