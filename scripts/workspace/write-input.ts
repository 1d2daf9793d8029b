import { lstat, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from '../report/errors.ts';
import { fileError } from './file-error.ts';
import { confined, entryKind } from './paths.ts';
import { writeAtomically } from './write.ts';

/**
 * Writes an input on the user's behalf: a new cluster.yaml, or the discovered address.
 *
 * @param root the repository's folder
 * @param path of the file, relative to it
 * @param options.exclusive true: never overwrite an existing file
 * @throws UsageError if it exists and is exclusive; RunError if it cannot be written
 */
export async function writeInput(
  root: string,
  path: string,
  text: string,
  options: { exclusive?: boolean } = {},
): Promise<void> {
  const absolute = await confined(root, path);
  if (options.exclusive === true && (await lstat(absolute).catch(() => undefined)) !== undefined) {
    throw new UsageError(`${path} already exists and was not changed`, {
      hint: 'Edit it, or choose another name.',
    });
  }
  try {
    await mkdir(dirname(absolute), { recursive: true });
  } catch (error) {
    throw fileError(error, absolute);
  }
  await writeAtomically(absolute, text, 0o644);
}

/** @returns the text of a regular file; undefined if there is none */
export async function readText(root: string, path: string): Promise<string | undefined> {
  const absolute = await confined(root, path);
  if ((await entryKind(absolute)) !== 'file') return undefined;
  return await readFile(absolute, 'utf8').catch(() => undefined);
}
