import { describe, expect, it } from 'vitest';
import { secondsAsked } from './gitlab-api.ts';
import { isRateLimit, mayWait } from './rate-limit.ts';

const answer = (status: number, headers: Record<string, string> = {}, message = '') => ({ status, headers, message });

describe('an answer that asks to come later', () => {
  it.each([
    ['the primary limit of GitHub', answer(403, { 'x-ratelimit-remaining': '0' }), true],
    ['a secondary limit with a time', answer(403, { 'retry-after': '37' }), true],
    ['a secondary limit without one', answer(403, {}, 'You have exceeded a secondary rate limit'), true],
    ['any 429', answer(429), true],
    ['not a missing right', answer(403, { 'x-ratelimit-remaining': '4999' }, 'Forbidden'), false],
    ['not an error of the host', answer(500, { 'retry-after': '5' }), false],
  ])('%s', (_case, given, limited) => expect(isRateLimit(given)).toBe(limited));

  it('is worth waiting for up to an hour and five times', () => {
    expect([mayWait(3600, 4), mayWait(3601, 0), mayWait(1, 5)]).toEqual([true, false, false]);
  });
});

describe('how long GitLab asks to wait', () => {
  it.each([
    ['as told', answer(429, { 'retry-after': '37' }), 37],
    ['until its reset', answer(429, { 'ratelimit-remaining': '0', 'ratelimit-reset': '1010' }), 11],
    ['a minute when nothing is told', answer(429), 60],
  ])('%s', (_case, given, seconds) => expect(secondsAsked(given, 0, 1000)).toBe(seconds));

  it('longer each time when the answer says nothing', () => {
    expect([0, 1, 2].map((tries) => secondsAsked(answer(429), tries, 0))).toEqual([60, 120, 240]);
  });
});
