import { readFile } from 'node:fs/promises';
import { RunError } from '../report/errors.ts';

/**
 * @returns the certificates of a CA file (PEM); undefined when none is named
 * @throws RunError when it can't be read
 */
export async function readCa(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new RunError(`The CA file ${file} can not be read`, { hint: 'Check git.caFile.', cause });
  });
}
