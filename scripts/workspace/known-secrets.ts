import type { SecretReference } from '../config/schema/common.ts';
import { UsageError } from '../report/errors.ts';
import { resolveReference } from './secret-reference.ts';

/**
 * Finds the secrets that a config refers to and that this machine has, so that the output can mask them.
 *
 * @param root the repository's folder
 * @param config any value with references, `{env: NAME}` or `{file: path}`
 */
export function knownSecrets(root: string, config: unknown): string[] {
  return referencesIn(config).flatMap((reference) => {
    try {
      return [resolveReference(root, reference)];
    } catch (error) {
      // A secret that this machine does not have cannot be in its output.
      if (error instanceof UsageError) return [];
      throw error;
    }
  });
}

function referencesIn(value: unknown): SecretReference[] {
  if (typeof value !== 'object' || value === null || value instanceof Map) return [];
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined && typeof first[1] === 'string') {
    if (first[0] === 'env') return [{ env: first[1] }];
    if (first[0] === 'file') return [{ file: first[1] }];
  }
  return entries.flatMap(([, inner]) => referencesIn(inner));
}
