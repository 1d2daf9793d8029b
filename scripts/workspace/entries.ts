import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { RepositoryEntry } from '../tree/rules/entries.ts';

/** Entries as Git lists them: GitEntries of git/entries.ts. */
interface Listed {
  modes: ReadonlyMap<string, string>;
  targets: ReadonlyMap<string, string>;
  untracked: readonly string[];
}

/** Never published, and no part of a downloaded archive. */
const passedOver = new Set(['.git', 'node_modules', '.breakwater']);

/**
 * Looks at each entry of a repository: its kind in the index and its kind on disk, where a link counts in either. Links are not followed.
 *
 * @param root the repository's folder
 * @param listed what Git lists; undefined: all that is on disk
 */
export function readEntries(root: string, listed: Listed | undefined): RepositoryEntry[] {
  if (listed === undefined) return pathsBelow(root, '').map((path) => entryOnDisk(root, path));
  const { modes, targets, untracked } = listed;
  return [...modes.keys(), ...untracked].map((path) => {
    if (modes.get(path) === '160000') return { path, kind: 'submodule' };
    const entry = entryOnDisk(root, path);
    const target = targets.get(path);
    // Windows writes a link as a plain file.
    return target !== undefined && entry.kind === 'file' ? { path, kind: 'link', target } : entry;
  });
}

function entryOnDisk(root: string, path: string): RepositoryEntry {
  if (path.endsWith('/')) return { path: path.slice(0, -1), kind: 'repository' };
  const found = lstatSync(join(root, path), { throwIfNoEntry: false });
  if (found?.isSymbolicLink() !== true) return { path, kind: 'file' };
  return { path, kind: 'link', target: readlinkSync(join(root, path)) };
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
