import { rename, rm, writeFile } from 'node:fs/promises';
import { RunError } from '../report/errors.ts';
import { fileError } from './file-error.ts';

/**
 * Writes a report atomically: readers see either the old or the new one, complete.
 *
 * @param file absolute path
 * @throws RunError if it cannot be written
 */
export async function writeReport(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.new`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new RunError(`${file} could not be written: its folder does not exist`, {
        hint: 'Create the folder first.',
      });
    throw fileError(error, file);
  }
}
