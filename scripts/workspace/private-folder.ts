import { chmod, mkdir } from 'node:fs/promises';
import { fileError } from './file-error.ts';

/**
 * Creates a folder that only its owner may enter.
 *
 * @param folder absolute path
 * @throws RunError if it cannot be created
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o700);
  } catch (error) {
    throw fileError(error, folder);
  }
}
