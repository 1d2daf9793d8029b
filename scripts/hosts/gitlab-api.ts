import { makeFetch } from '../network/fetch.ts';
import { readCa } from './ca-file.ts';
import type { HostAccess } from './host.ts';
import { answerOf } from './host-error.ts';
import { type LimitedAnswer, mayWait, waitFor } from './rate-limit.ts';

/** One call of GitLab's API. @param path after /api/v4 @returns the response's JSON; undefined when it is empty */
export type Call = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object) => Promise<unknown>;

/**
 * Calls GitLab's API, and waits when GitLab asks to.
 *
 * @throws Error with `status` and `response.headers`, as Octokit's, for a status of 300 or more
 * @see https://docs.gitlab.com/api/rest/
 */
export async function gitlabApi({ web, token, caFile, report }: HostAccess): Promise<Call> {
  const fetch = makeFetch(process.env, await readCa(caFile));
  const once: Call = async (method, path, body) => {
    const response = await fetch(`${web}/api/v4${path}`, {
      method,
      headers: { 'user-agent': 'breakwater', 'private-token': token, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status < 300) return text === '' ? undefined : JSON.parse(text);
    const { status } = response;
    throw Object.assign(new Error(messageIn(text)), {
      status,
      response: { status, headers: Object.fromEntries(response.headers) },
    });
  };
  return async (...call) => {
    for (let tries = 0; ; tries += 1) {
      try {
        return await once(...call);
      } catch (error) {
        const answer = answerOf(error);
        const seconds = answer?.status === 429 ? secondsAsked(answer, tries, Math.floor(Date.now() / 1000)) : undefined;
        if (seconds === undefined || !mayWait(seconds, tries)) throw error;
        await waitFor(seconds, new URL(web).host, report);
      }
    }
  };
}

/**
 * How long GitLab asks to wait. Pure.
 *
 * @param tries how often it was asked already
 * @param now seconds since 1970
 * @returns seconds; without a word about the time a minute, and longer each time
 * @see https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers
 */
export function secondsAsked({ headers }: LimitedAnswer, tries: number, now: number): number {
  const after = numberIn(headers['retry-after']);
  const reset = headers['ratelimit-remaining'] === '0' ? numberIn(headers['ratelimit-reset']) : undefined;
  return after ?? (reset === undefined ? 60 * 2 ** tries : Math.max(reset - now, 0) + 1);
}

function numberIn(header: unknown): number | undefined {
  const number = Number(header);
  return header === undefined || header === '' || !Number.isFinite(number) ? undefined : number;
}

/** GitLab's errors are text, lists, or lists by field. */
function messageIn(text: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return text.slice(0, 200);
  }
  const { message, error, scope } = parsed as { message?: unknown; error?: unknown; scope?: unknown };
  const said = [message ?? error].flat().map((part) => (typeof part === 'string' ? part : JSON.stringify(part)));
  return [...said, ...(typeof scope === 'string' ? [`scope: ${scope}`] : [])].join('; ');
}
