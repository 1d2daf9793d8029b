import { createGit, type Git, GitFailure, orUndefined, zeroSeparated } from './run.ts';
import { readTexts } from './texts.ts';

/** Files that Git tracks, and files that `git add` would add. Paths are relative to the root. */
export interface GitEntries {
  /** Modes, as `120000`, by path. */
  modes: ReadonlyMap<string, string>;
  /** Targets of symbolic links, by path. */
  targets: ReadonlyMap<string, string>;
  /** Neither tracked nor ignored; a nested repository ends with a slash. */
  untracked: readonly string[];
}

/**
 * Lists the entries of the index, and files that are neither tracked nor ignored.
 *
 * @param root the repository's folder
 * @returns undefined where there is no repository, as in a downloaded archive
 */
export async function listEntries(root: string): Promise<GitEntries | undefined> {
  const git = createGit(root);
  const [staged, others] = await Promise.all([
    list(git, ['ls-files', '--stage', '-z']),
    list(git, ['ls-files', '--others', '--exclude-standard', '-z']),
  ]);
  if (staged === undefined || others === undefined) return undefined;
  return { ...(await withTargets(root, ':', staged)), untracked: others };
}

/** @returns paths of the files in the index below the folders; none where there is no repository */
export async function listTracked(root: string, folders: readonly string[]): Promise<ReadonlySet<string>> {
  return new Set(await list(createGit(root), ['ls-files', '-z', '--', ...folders]));
}

/** Lists the entries of HEAD, which a push sends; none without a commit. */
export async function listHead(root: string): Promise<GitEntries> {
  const listed = await list(createGit(root), ['ls-tree', '-r', '-z', '--full-tree', 'HEAD']);
  return { ...(await withTargets(root, 'HEAD:', listed ?? [])), untracked: [] };
}

async function list(git: Git, command: readonly string[]): Promise<string[] | undefined> {
  const listed = await orUndefined(git.raw(command), [128]);
  return listed === undefined ? undefined : zeroSeparated(listed);
}

/** @param lines as both commands print them: the mode first, the path after a tab */
async function withTargets(root: string, from: 'HEAD:' | ':', lines: readonly string[]) {
  const modes = new Map(lines.map((line) => [line.slice(line.indexOf('\t') + 1), line.slice(0, 6)]));
  const links = [...modes].filter(([, mode]) => mode === '120000').map(([path]) => path);
  return { modes, targets: await readTexts(root, from, links) };
}

/** @returns the paths that Git ignores, and so never publishes; none without a repository */
export async function ignoredPaths(root: string, paths: readonly string[]): Promise<Set<string>> {
  if (paths.length === 0) return new Set();
  const input = paths.map((path) => `${path}\0`).join('');
  try {
    return new Set(zeroSeparated(await createGit(root).raw(['check-ignore', '-z', '--stdin'], { input })));
  } catch (error) {
    // 1: none of them.
    if (error instanceof GitFailure && [1, 128].includes(error.exitCode)) return new Set();
    throw error;
  }
}
