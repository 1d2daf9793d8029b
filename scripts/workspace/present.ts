import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { RunError } from '../report/errors.ts';
import type { Present } from '../tree/plan.ts';
import { fileError } from './file-error.ts';
import { confined, entryKind, temporaryName } from './paths.ts';

/**
 * Reads what a cluster's folder holds, overrides/ and secrets/ aside. Links are named, not followed, and so is a repository in it.
 *
 * @param root absolute path of the repository
 * @param folder as `clusters/demo`
 * @returns what is there by path relative to the root; empty when the folder is absent
 * @throws RunError when the folder is a link, or can't be read
 */
export async function readPresent(root: string, folder: string): Promise<Map<string, Present>> {
  const present = new Map<string, Present>();
  const kind = await entryKind(await confined(root, folder));
  if (kind === undefined) return present;
  if (kind !== 'directory') {
    throw new RunError(`${folder} is ${kind === 'symlink' ? 'a symbolic link' : 'not a folder'}`, {
      hint: 'Generated files belong in this folder: replace it with a real one.',
    });
  }
  readFolder(root, folder, present, new Set([`${folder}/overrides`, `${folder}/secrets`]));
  // Where the file system has no modes, each file is as executable as this one.
  const own = present.get(`${folder}/cluster.yaml`);
  if (typeof own === 'object' && own.executable === true)
    for (const there of present.values()) if (typeof there === 'object') delete there.executable;
  return present;
}

// Synchronously, since thousands of small files take half the time that way.
function readFolder(root: string, folder: string, present: Map<string, Present>, skipped: ReadonlySet<string>): void {
  const entries = attempt(folder, () => readdirSync(path.join(root, folder), { withFileTypes: true }));
  if (present.has(folder) && entries.some(({ name }) => name === '.git')) {
    present.set(folder, 'repository');
    return;
  }
  for (const entry of entries) {
    const relative = `${folder}/${entry.name}`;
    if (skipped.has(relative)) continue;
    if (entry.isSymbolicLink()) present.set(relative, 'symlink');
    else if (entry.isDirectory()) {
      present.set(relative, 'directory');
      readFolder(root, relative, present, skipped);
    } else if (!entry.isFile()) present.set(relative, 'other');
    // Left by a killed run, or in use by a running one; Argo CD ignores such names.
    else if (!temporaryName.test(entry.name)) present.set(relative, readFileThere(root, relative));
  }
}

function readFileThere(root: string, relative: string): Present {
  const absolute = path.join(root, relative);
  return attempt(relative, () => {
    const text = readFileSync(absolute, 'utf8');
    return (lstatSync(absolute).mode & 0o111) === 0 ? { text } : { text, executable: true };
  });
}

/** @throws RunError that names the file instead of the system's error */
function attempt<T>(relative: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw fileError(error, relative);
  }
}
