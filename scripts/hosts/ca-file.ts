import { readFile, stat } from 'node:fs/promises';
import { RunError } from '../report/errors.ts';

/**
 * @returns the certificates of a CA file (PEM); undefined when none is set
 * @throws RunError when it cannot be read
 */
export async function readCa(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const hint = 'Check git.caFile.';
  try {
    // A pipe would block the run.
    if ((await stat(file)).isFile()) return await readFile(file, 'utf8');
  } catch (cause) {
    throw new RunError(`cannot read the CA file ${file}`, { hint, cause });
  }
  throw new RunError(`the CA file ${file} is not a regular file`, { hint });
}
