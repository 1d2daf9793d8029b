import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const yaml = /\.ya?ml$/;

/**
 * Reads files below some folders: YAML by default.
 *
 * @param root the repository's folder
 * @param folders relative to it; a missing one counts as empty
 * @param names pattern of the files' names
 * @returns text by path relative to the root, with forward slashes, sorted
 */
export async function readInputs(
  root: string,
  folders: readonly string[],
  names: RegExp = yaml,
): Promise<Map<string, string>> {
  const paths = (await Promise.all(folders.map((folder) => filesIn(root, folder, names)))).flat().sort();
  const texts = await Promise.all(paths.map((path) => readFile(join(root, path), 'utf8')));
  return new Map(paths.map((path, index) => [path, texts[index] ?? '']));
}

async function filesIn(root: string, folder: string, names: RegExp): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return await filesIn(root, path, names);
      return entry.isFile() && names.test(entry.name) ? [path] : [];
    }),
  );
  return found.flat();
}
