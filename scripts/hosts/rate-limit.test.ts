import { describe, expect, it } from 'vitest';
import { secondsToWait } from './rate-limit.ts';

const answer = (status: number, headers: Record<string, string> = {}, message = '') => ({ status, headers, message });

describe('how long a host asks to wait', () => {
  it.each([
    [
      'the primary limit of GitHub: until its reset',
      answer(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1090' }),
      91,
    ],
    ['a secondary limit: as told', answer(403, { 'retry-after': '37' }), 37],
    ['a secondary limit without a time: a minute', answer(403, {}, 'You have exceeded a secondary rate limit'), 60],
    ['GitLab: until its reset', answer(429, { 'ratelimit-remaining': '0', 'ratelimit-reset': '1010' }), 11],
    ['any other 429: a minute', answer(429), 60],
    ['a missing right: not at all', answer(403, { 'x-ratelimit-remaining': '4999' }, 'Forbidden'), undefined],
    ['an error of the host: not at all', answer(500, { 'retry-after': '5' }), undefined],
    ['more than an hour: not at all', answer(429, { 'retry-after': '3601' }), undefined],
  ])('%s', (_case, given, seconds) => expect(secondsToWait(given, 0, 1000)).toBe(seconds));

  it('is longer each time when nothing is told, and ends after five tries', () => {
    expect([0, 1, 2].map((tries) => secondsToWait(answer(429), tries, 0))).toEqual([60, 120, 240]);
    expect(secondsToWait(answer(429, { 'retry-after': '1' }), 5, 0)).toBeUndefined();
  });
});
