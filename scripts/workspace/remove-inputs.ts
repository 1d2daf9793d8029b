import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from './file-error.ts';
import { confined } from './paths.ts';

/**
 * Removes one of the user's folders, at their request.
 *
 * @param root the repository's folder
 * @param folder relative to it
 * @param options.dryRun true: nothing is removed
 * @returns the files in it, relative to the root, sorted
 * @throws RunError if it is outside the repository, or cannot be removed
 */
export async function removeInputs(root: string, folder: string, options: { dryRun: boolean }): Promise<string[]> {
  const absolute = await confined(root, folder);
  const files = await filesOf(root, folder);
  if (options.dryRun) return files;
  try {
    // Removes a link, not its target.
    await rm(absolute, { recursive: true });
  } catch (error) {
    throw fileError(error, absolute);
  }
  return files;
}

async function filesOf(root: string, path: string): Promise<string[]> {
  if (!(await lstat(join(root, path))).isDirectory()) return [path];
  const names = (await readdir(join(root, path))).sort();
  return (await Promise.all(names.map((name) => filesOf(root, `${path}/${name}`)))).flat();
}
