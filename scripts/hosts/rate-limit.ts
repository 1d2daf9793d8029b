import { setTimeout } from 'node:timers/promises';

/** A host's response, as far as rate limits need it. */
export interface LimitedAnswer {
  status: number;
  headers: Readonly<Record<string, unknown>>;
  /** The error's text. */
  message: string;
}

/** The longest wait: GitHub's limits start again each hour. */
const longestSeconds = 3600;

/**
 * @param seconds how long the host asks to wait
 * @param tries number of attempts so far
 * @returns false when waiting would take too long, or did not help
 */
export function mayWait(seconds: number, tries: number): boolean {
  return tries < 5 && seconds <= longestSeconds;
}

/** @returns true for a response that asks the client to slow down */
export function isRateLimit(answer: LimitedAnswer): boolean {
  const { status, headers, message } = answer;
  if (status === 429) return true;
  return status === 403 && (isExhausted(answer) || headers['retry-after'] !== undefined || /rate limit/i.test(message));
}

/** @returns true when no request is left until the limit's reset (GitHub's primary limit) */
export function isExhausted({ headers }: LimitedAnswer): boolean {
  return headers['x-ratelimit-remaining'] === '0';
}

/** Waits, and reports the time left at once and every half minute. */
export async function waitFor(seconds: number, host: string, report: (line: string) => void): Promise<void> {
  for (let left = seconds; left > 0; left -= 30) {
    report(`    ${host} asks to wait (rate limit): ${Math.ceil(left)} s left`);
    await setTimeout(Math.min(left, 30) * 1000);
  }
}
