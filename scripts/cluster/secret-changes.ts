import type { Generator } from '../components/component.ts';
import { UsageError } from '../report/errors.ts';
import type { LiveData } from './live.ts';
import type { SecretPlan } from './secret-plan.ts';
import type { Resolve } from './secret-values.ts';

/**
 * Compares the user's values with those in the cluster: an existing Secret stays unchanged until it is rotated by name, and
 * nothing else would report a difference.
 *
 * @param resolve reads the value of a reference; a missing one is skipped
 * @returns the keys whose values differ, never values
 */
export async function changedKeys(plan: SecretPlan, live: LiveData | undefined, resolve: Resolve): Promise<string[]> {
  const changed: string[] = [];
  for (const [key, generator] of Object.entries(plan.need.keys)) {
    const kept = live?.data?.[key];
    if (kept === undefined || plan.keys.includes(key)) continue;
    if (!(await isSame(generator, Buffer.from(kept, 'base64').toString(), resolve))) changed.push(key);
  }
  return changed;
}

async function isSame(generator: Generator, kept: string, resolve: Resolve): Promise<boolean> {
  if (generator.kind === 'reference') {
    const given = await bring(resolve, generator.from);
    return given === undefined || given.trimEnd() === kept.trimEnd();
  }
  if (generator.kind !== 'password-hash') return true;
  const { password, passwordHash } = generator;
  if (passwordHash !== undefined) {
    const given = await bring(resolve, passwordHash);
    return given === undefined || given.trim() === kept.trim();
  }
  const given = password === undefined ? undefined : await bring(resolve, password);
  if (given === undefined) return true;
  const { compare } = await import('bcryptjs');
  return await compare(given.replace(/\r?\n$/, ''), kept);
}

async function bring(resolve: Resolve, reference: Parameters<Resolve>[0]): Promise<string | undefined> {
  try {
    const text = await resolve(reference);
    return text.trim() === '' ? undefined : text;
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}
