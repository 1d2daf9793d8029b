import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Copies the files of a repository into a temporary one, to try files that are not written yet.
 *
 * @param skipped entries of the repository's folder that nothing reads
 * @param use gets the copy's folder, and a function that writes files into it by path
 * @returns what `use` returns; the copy is removed
 */
export async function withScratchCopy<T>(
  root: string,
  skipped: readonly string[],
  use: (folder: string, write: (files: ReadonlyMap<string, string>) => Promise<void>) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-'));
  try {
    for (const name of await readdir(root))
      if (!skipped.includes(name)) await cp(join(root, name), join(folder, name), { recursive: true });
    return await use(folder, async (files) => {
      for (const [path, text] of files) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
      }
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
