import { setTimeout as sleep } from 'node:timers/promises';
import { during } from '../report/activity.ts';

export interface WaitOptions {
  /** Time limit. */
  seconds: number;
  /** Milliseconds between polls. Default 1000. */
  pause?: number;
  signal?: AbortSignal;
}

/**
 * Polls until the answer is true.
 *
 * @returns whether it became true in time
 * @throws what the question throws; the signal's reason when it fires
 */
export async function waitUntil(question: () => Promise<boolean>, options: WaitOptions): Promise<boolean> {
  return await during('waiting for the cluster', () => poll(question, options));
}

async function poll(question: () => Promise<boolean>, options: WaitOptions): Promise<boolean> {
  const end = Date.now() + options.seconds * 1000;
  while (!(await question())) {
    options.signal?.throwIfAborted();
    const left = end - Date.now();
    if (left <= 0) return false;
    await sleep(
      Math.min(options.pause ?? 1000, left),
      undefined,
      options.signal === undefined ? {} : { signal: options.signal },
    );
  }
  return true;
}
