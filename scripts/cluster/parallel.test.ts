import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { inParallel } from './parallel.ts';

it('works on a few at a time and keeps the order', async () => {
  let now = 0;
  let most = 0;
  const results = await inParallel([30, 1, 20, 2, 10], 2, async (pause) => {
    most = Math.max(most, ++now);
    await sleep(pause);
    now--;
    return pause;
  });
  expect(results).toEqual([30, 1, 20, 2, 10]);
  expect(most).toBe(2);
});

it('begins nothing new after a failure, and leaves nothing running', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const work = inParallel([1, 2, 3, 4, 5], 2, async (item) => {
    begun.push(item);
    if (item === 1) throw new Error('first');
    await sleep(20);
    ended.push(item);
  });
  await expect(work).rejects.toThrow('first');
  expect(begun).toEqual([1, 2]);
  expect(ended).toEqual([2]);
});
