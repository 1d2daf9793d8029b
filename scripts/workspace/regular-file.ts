import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { UsageError } from '../report/errors.ts';

/** The largest sensible file is a bundle of certificates. */
const largest = 1024 * 1024;

/**
 * Reads a file that a setting names. Links are followed, as they are where secrets are mounted; a pipe or a device is
 * refused: it could block the run forever.
 *
 * @param path of the file
 * @param name of the file in the setting, for messages
 * @throws UsageError unless it is a readable regular file of at most 1 MiB
 */
export function readRegularFile(path: string, name: string, hint?: string): string {
  const refuse = (why: string) => new UsageError(`the file ${name} ${why}`, hint === undefined ? {} : { hint });
  let file: number;
  try {
    // Otherwise, opening a pipe would wait for a writer.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw refuse(`cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'})`);
  }
  try {
    const found = fstatSync(file);
    if (found.isDirectory()) throw refuse('is a folder');
    if (!found.isFile()) throw refuse('is not a regular file');
    if (found.size > largest) throw refuse(`is too large: ${found.size} bytes, and the limit is ${largest}`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}
