import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Reads the YAML files below some folders.
 *
 * @param root the repository's folder
 * @param folders relative to it; one that is not there holds nothing
 * @returns text by path relative to the root, with forward slashes, sorted
 */
export async function readInputs(root: string, folders: readonly string[]): Promise<Map<string, string>> {
  const paths = (await Promise.all(folders.map((folder) => yamlFiles(root, folder)))).flat().sort();
  const texts = await Promise.all(paths.map((path) => readFile(join(root, path), 'utf8')));
  return new Map(paths.map((path, index) => [path, texts[index] ?? '']));
}

async function yamlFiles(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return await yamlFiles(root, path);
      return entry.isFile() && /\.ya?ml$/.test(entry.name) ? [path] : [];
    }),
  );
  return found.flat();
}
