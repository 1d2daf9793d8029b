import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { SecretReference } from '../config/schema/common.ts';
import { UsageError } from '../report/errors.ts';
import { readRegularFile } from './regular-file.ts';

/** Secrets that came by a variable of this process, which has them no longer. */
const taken = new Map<string, string>();

/**
 * Reads a variable that holds a secret, and takes it out of the environment: the programs that are started get none, and
 * NODE_DEBUG, which prints the environment of each of them, has none to print.
 */
function take(name: string): string {
  const value = process.env[name] ?? '';
  if (value !== '') taken.set(name, value);
  delete process.env[name];
  return taken.get(name) ?? '';
}

/**
 * Reads a secret from where cluster.yaml says it is.
 *
 * @param root relative paths of files start here; `~/` is the home folder
 * @throws UsageError when the variable is not set or the file can't be read; the message holds names only
 */
export function resolveReference(root: string, reference: SecretReference): string {
  if ('env' in reference) {
    const value = take(reference.env);
    if (value !== '') return value;
    throw new UsageError(`the environment variable ${reference.env} is not set`, {
      hint: `cluster.yaml uses it as the source of a secret: export ${reference.env}=…`,
    });
  }
  const hint = 'cluster.yaml uses it as the source of a secret.';
  return readRegularFile(absolutePath(root, reference.file), reference.file, hint);
}

/** @returns where a path of cluster.yaml leads: absolute, in the home folder (`~/`), or below the repository */
export function absolutePath(root: string, path: string): string {
  if (path.startsWith('~/')) return join(homedir(), path.slice(2));
  return isAbsolute(path) ? path : join(root, path);
}
