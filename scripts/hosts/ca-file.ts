import { readFile, stat } from 'node:fs/promises';
import { RunError } from '../report/errors.ts';

/**
 * @returns the certificates of a CA file (PEM); undefined when none is named
 * @throws RunError when it can't be read
 */
export async function readCa(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const hint = 'Check git.caFile.';
  try {
    // A pipe would keep the run waiting.
    if ((await stat(file)).isFile()) return await readFile(file, 'utf8');
  } catch (cause) {
    throw new RunError(`The CA file ${file} can not be read`, { hint, cause });
  }
  throw new RunError(`The CA file ${file} is not a regular file`, { hint });
}
