import { UsageError } from '../report/errors.ts';
import type { Invocation } from './invocation.ts';

/**
 * @returns the minutes of --timeout; 60 without it
 * @throws UsageError when it is not a number above 0
 */
export function minutesOf({ timeout }: Invocation['options']): number {
  const minutes = timeout === undefined ? 60 : Number(timeout);
  if (!Number.isFinite(minutes) || minutes <= 0)
    throw new UsageError(`--timeout takes minutes, and ${JSON.stringify(timeout)} is not a number above 0`);
  return minutes;
}
