import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { RepositoryEntry } from '../tree/rules/entries.ts';

/** Entries as Git lists them: GitEntries of git/entries.ts. */
interface Listed {
  modes: ReadonlyMap<string, string>;
  targets: ReadonlyMap<string, string>;
  untracked: readonly string[];
}

/** Never published, and not in a downloaded archive. */
const passedOver = new Set(['.git', 'node_modules', '.breakwater']);

/**
 * Lists each entry of the work tree; a link on disk or in the index counts as a link. Links are not followed, and entries that are gone from the disk are skipped.
 *
 * @param root the repository's folder
 * @param listed Git's entries; undefined: all entries on disk
 */
export function readEntries(root: string, listed: Listed | undefined): RepositoryEntry[] {
  // .gitignore does not match .breakwater if it is a link.
  const untracked = listed?.untracked.filter((path) => !passedOver.has(path)) ?? [];
  const paths = listed === undefined ? pathsBelow(root, '') : [...listed.modes.keys(), ...untracked];
  const tracked = new Map((listed === undefined ? [] : entriesIn(listed)).map((entry) => [entry.path, entry]));
  return paths.flatMap((path): RepositoryEntry[] => {
    if (path.endsWith('/')) return [{ path: path.slice(0, -1), kind: 'repository' }];
    const found = lstatSync(join(root, path), { throwIfNoEntry: false });
    if (found === undefined) return [];
    if (found.isSymbolicLink()) return [{ path, kind: 'link', target: readlinkSync(join(root, path)) }];
    // On Windows, a link is a plain file.
    return [tracked.get(path) ?? { path, kind: 'file' }];
  });
}

/** @returns each entry as in Git, not as on disk */
export function entriesIn({ modes, targets }: Listed): RepositoryEntry[] {
  return [...modes].map(([path, mode]) => {
    const target = targets.get(path);
    if (target !== undefined) return { path, kind: 'link', target };
    return { path, kind: mode === '160000' ? 'submodule' : 'file' };
  });
}

function pathsBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (passedOver.has(entry.name)) return [];
    if (!entry.isDirectory()) return [path];
    const inner = lstatSync(join(root, path, '.git'), { throwIfNoEntry: false });
    return inner === undefined ? pathsBelow(root, path) : [`${path}/`];
  });
}
