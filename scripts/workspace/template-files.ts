import { lstat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * @param root the repository's folder
 * @param wanted files and folders, relative to it
 * @returns the missing ones
 */
export async function missingTemplateFiles(root: string, wanted: readonly string[]): Promise<string[]> {
  const there = await Promise.all(
    wanted.map((path) =>
      lstat(join(root, path)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return wanted.filter((_, index) => !there[index]);
}
