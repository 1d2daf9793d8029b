import { lstat, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { RunError } from '../report/errors.ts';
import { fileError } from './file-error.ts';

/** Files that a killed write leaves behind: `.<name>.breakwater-<pid>.tmp`. */
export const temporaryName = /^\..+\.breakwater-(\d+)\.tmp$/;

/**
 * Resolves a path of a plan, and refuses one outside the root, also through a symbolic link.
 *
 * @param root absolute path of the repository
 * @param relative path with forward slashes
 * @returns the absolute path
 * @throws RunError naming the path
 */
export async function confined(root: string, relative: string): Promise<string> {
  const parts = relative.split('/');
  if (path.isAbsolute(relative) || relative.includes('\\') || parts.some((part) => ['', '.', '..'].includes(part)))
    throw new RunError(`${relative} leads outside the repository`, { hint: 'Nothing was written.' });
  for (let depth = 1; depth < parts.length; depth++) await requireFolder(root, parts.slice(0, depth).join('/'));
  return path.join(root, ...parts);
}

/** Creates the parent folders of a confined path, one at a time, so that none is created behind a symbolic link. */
export async function makeParents(root: string, relative: string): Promise<void> {
  const parts = relative.split('/');
  for (let depth = 1; depth < parts.length; depth++) {
    const folder = parts.slice(0, depth).join('/');
    await mkdir(path.join(root, folder)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw fileError(error, folder);
    });
    await requireFolder(root, folder);
  }
}

async function requireFolder(root: string, folder: string): Promise<void> {
  const found = await entryKind(path.join(root, folder));
  if (found === 'symlink') {
    throw new RunError(`${folder} is a symbolic link`, {
      hint: 'Generated files are never written through a link. Replace it with a folder.',
    });
  }
  if (found === 'file' || found === 'other')
    throw new RunError(`${folder} is not a folder`, { hint: 'Move it away and run it again.' });
}

/** @returns the kind of the entry at an absolute path, without following links; undefined when there is none */
export async function entryKind(absolute: string): Promise<'file' | 'directory' | 'symlink' | 'other' | undefined> {
  const found = await lstat(absolute).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw fileError(error, absolute);
  });
  if (found === undefined) return undefined;
  if (found.isSymbolicLink()) return 'symlink';
  if (found.isDirectory()) return 'directory';
  return found.isFile() ? 'file' : 'other';
}
