import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { SecretReference } from '../config/schema/common.ts';
import { UsageError } from '../report/errors.ts';
import { readRegularFile } from './regular-file.ts';

/** Secrets from environment variables that this process has unset since. */
const taken = new Map<string, string>();

/**
 * Reads a variable that holds a secret, and removes it from the environment: child processes do not inherit it, and
 * NODE_DEBUG, which prints their environment, cannot print it.
 */
function take(name: string): string {
  const value = process.env[name] ?? '';
  if (value !== '') taken.set(name, value);
  delete process.env[name];
  return taken.get(name) ?? '';
}

/**
 * Reads a secret from the source in cluster.yaml.
 *
 * @param root base of relative paths; `~/` is the home folder
 * @throws UsageError if the variable is not set or the file cannot be read; the message contains names only
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

/** @returns the absolute path for a path in cluster.yaml: absolute, in the home folder (`~/`), or relative to the repository */
export function absolutePath(root: string, path: string): string {
  if (path.startsWith('~/')) return join(homedir(), path.slice(2));
  return isAbsolute(path) ? path : join(root, path);
}
