import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from './run.ts';

/**
 * Waits, beside a run, for something that it does in its own time.
 *
 * @param look undefined or false: not yet
 * @throws Error when the run ends before
 */
export async function until<T>(
  run: Run,
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  let ended = false;
  void run.result.then(() => {
    ended = true;
  });
  for (;;) {
    const last = ended;
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (last) throw new Error(`the run ended before what was waited for:\n${run.said()}`);
    await sleep(20);
  }
}
