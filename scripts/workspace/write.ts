import { chmod, mkdir, open, readdir, readFile, rename, rm, unlink } from 'node:fs/promises';
import path from 'node:path';
import { removeLeftovers } from '../processes/leftovers.ts';
import { fileError } from './file-error.ts';
import { entryKind, temporaryName } from './paths.ts';

/**
 * Writes a file atomically: a temporary file in the same folder, flushed, then renamed.
 *
 * @param absolute the path; its folder exists
 * @param text written as UTF-8, with its line ends
 * @param mode permissions, independent of the umask
 * @param options.flush false: do not flush. For generated files: a power cut may leave one empty, and the next run writes it
 *   again. Flushing thousands of files takes many times as long as writing them.
 */
export async function writeAtomically(
  absolute: string,
  text: string,
  mode: number,
  options: { flush?: boolean } = {},
): Promise<void> {
  const temporary = path.join(path.dirname(absolute), `.${path.basename(absolute)}.breakwater-${process.pid}.tmp`);
  try {
    const file = await open(temporary, 'w', mode);
    try {
      await file.chmod(mode);
      await file.writeFile(text);
      if (options.flush !== false) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, absolute);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(error, absolute);
  }
}

/** Removes temporary files of killed runs, not those of running ones. */
export async function removeTemporaryFiles(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const absolute = path.join(folder, entry.name);
    if (entry.isDirectory()) await removeTemporaryFiles(absolute);
  }
  await removeLeftovers(folder, temporaryName, { own: true });
}

/**
 * Writes a file that only its owner can read, in a folder that only its owner can enter.
 *
 * @param absolute the path; its folder is created
 * @throws RunError when it cannot be written
 */
export async function writePrivate(absolute: string, text: string): Promise<void> {
  const folder = path.dirname(absolute);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
  } catch (error) {
    throw fileError(error, folder);
  }
  await writeAtomically(absolute, text, 0o600);
}

/** @returns whether the folder already has exactly these files */
export async function holdsExactly(folder: string, files: ReadonlyMap<string, string>): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  if (names.length !== files.size) return false;
  const texts = await Promise.all(
    names.map((name) => readFile(path.join(folder, name), 'utf8').catch(() => undefined)),
  );
  return names.every((name, index) => texts[index] === files.get(name));
}

/**
 * Makes a private folder contain exactly these files.
 *
 * @param folder absolute path of a folder that only we use
 * @param files text by file name
 * @returns absolute paths, sorted
 */
export async function writePrivateFiles(
  folder: string,
  files: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const names = [...files.keys()].sort();
  for (const name of names) {
    if (name !== path.basename(name)) throw new Error(`${name} is not a valid file name`);
    await writePrivate(path.join(folder, name), files.get(name) ?? '');
  }
  if ((await entryKind(folder)) !== 'directory') return [];
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isFile() && !files.has(entry.name)) await unlink(path.join(folder, entry.name));
  return names.map((name) => path.join(folder, name));
}
