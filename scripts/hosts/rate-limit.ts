import { setTimeout } from 'node:timers/promises';

/** What a host answered, as far as its limits go. */
export interface LimitedAnswer {
  status: number;
  headers: Readonly<Record<string, unknown>>;
  /** What it says. */
  message: string;
}

/** The longest wait: GitHub's limits start again each hour. */
const longest = 3600;

/**
 * Says how long a host asks to wait. Pure.
 *
 * @param tries how often it was asked already
 * @param now seconds since 1970
 * @returns seconds; undefined when the answer is about something else, or it would take too long
 * @see https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 * @see https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers
 */
export function secondsToWait(answer: LimitedAnswer, tries: number, now: number): number | undefined {
  if (!isRateLimit(answer)) return undefined;
  const { headers } = answer;
  const after = numberIn(headers['retry-after']);
  const reset = numberIn(headers['x-ratelimit-reset']) ?? numberIn(headers['ratelimit-reset']);
  const exhausted = headers['x-ratelimit-remaining'] === '0' || headers['ratelimit-remaining'] === '0';
  // Without a word about the time: at least a minute, and longer each time.
  const told = after ?? (exhausted && reset !== undefined ? Math.max(reset - now, 0) + 1 : 60 * 2 ** tries);
  return tries < 5 && told <= longest ? told : undefined;
}

/** @returns true for an answer that only asks to come later */
export function isRateLimit({ status, headers, message }: LimitedAnswer): boolean {
  if (status === 429) return true;
  if (status !== 403) return false;
  const exhausted = headers['x-ratelimit-remaining'] === '0';
  return exhausted || headers['retry-after'] !== undefined || /rate limit/i.test(message);
}

/** Waits, saying so at once and every half minute. */
export async function waitFor(seconds: number, host: string, report: (line: string) => void): Promise<void> {
  for (let left = seconds; left > 0; left -= 30) {
    report(`    ${host} asks to wait (rate limit): ${Math.ceil(left)} s left`);
    await setTimeout(Math.min(left, 30) * 1000);
  }
}

function numberIn(header: unknown): number | undefined {
  const number = Number(header);
  return header === undefined || header === '' || !Number.isFinite(number) ? undefined : number;
}
