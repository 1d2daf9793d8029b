import { createGit, GitFailure, orUndefined, zeroSeparated } from './run.ts';
import { textsAt } from './texts.ts';

/** What Git has, and what it would take with `git add`. Paths are relative to the root. */
export interface GitEntries {
  /** Modes in the index, as `120000`, by path. */
  modes: ReadonlyMap<string, string>;
  /** What the symbolic links in the index lead to, by path. */
  targets: ReadonlyMap<string, string>;
  /** Neither tracked nor ignored; a repository of its own ends with a slash. */
  untracked: readonly string[];
}

const stage = /^[A-Za-z] (\d{6}) [0-9a-f]+ \d\t(.*)$/s;

/**
 * Lists what a repository holds. Files that Git ignores are none of it.
 *
 * @param root the repository's folder
 * @returns undefined where there is no repository, as in a downloaded archive
 */
export async function listEntries(root: string): Promise<GitEntries | undefined> {
  const command = ['ls-files', '-t', '--stage', '-z', '--cached', '--others', '--exclude-standard'];
  const listed = await orUndefined(createGit(root)(command), [128]);
  if (listed === undefined) return undefined;
  const modes = new Map<string, string>();
  const untracked: string[] = [];
  for (const item of zeroSeparated(listed)) {
    const [, mode, path] = stage.exec(item) ?? [];
    if (item.startsWith('? ')) untracked.push(item.slice(2));
    else if (mode !== undefined && path !== undefined) modes.set(path, mode);
  }
  const links = [...modes].filter(([, mode]) => mode === '120000').map(([path]) => path);
  return { modes, targets: await textsAt(root, ':', links), untracked };
}

/** @returns those of the paths that Git ignores, and so never publishes; none where there is no repository */
export async function ignoredPaths(root: string, paths: readonly string[]): Promise<Set<string>> {
  if (paths.length === 0) return new Set();
  const input = paths.map((path) => `${path}\0`).join('');
  try {
    return new Set(zeroSeparated(await createGit(root)(['check-ignore', '-z', '--stdin'], { input })));
  } catch (error) {
    // 1: none of them.
    if (error instanceof GitFailure && [1, 128].includes(error.exitCode)) return new Set();
    throw error;
  }
}
