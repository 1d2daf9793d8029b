import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { SecretReference } from '../config/schema/common.ts';
import { UsageError } from '../report/errors.ts';
import { readRegularFile } from './regular-file.ts';

/**
 * Reads a secret from where cluster.yaml says it is.
 *
 * @param root relative paths of files start here; `~/` is the home folder
 * @throws UsageError when the variable is not set or the file can't be read; the message holds names only
 */
export function resolveReference(
  root: string,
  reference: SecretReference,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  if ('env' in reference) {
    const value = environment[reference.env];
    if (value !== undefined && value !== '') return value;
    throw new UsageError(`the environment variable ${reference.env} is not set`, {
      hint: `cluster.yaml names it as the source of a secret: export ${reference.env}=…`,
    });
  }
  const hint = 'cluster.yaml names it as the source of a secret.';
  return readRegularFile(absolutePath(root, reference.file), reference.file, hint);
}

/** @returns where a path of cluster.yaml leads: absolute, in the home folder (`~/`), or below the repository */
export function absolutePath(root: string, path: string): string {
  if (path.startsWith('~/')) return join(homedir(), path.slice(2));
  return isAbsolute(path) ? path : join(root, path);
}
