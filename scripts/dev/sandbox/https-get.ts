import { readFile } from 'node:fs/promises';
import { get } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Authority, KeyPair } from './pki.ts';

/** One request with a client certificate. @returns the answer's status; a connection that fails is an error. */
export async function statusOf(url: string, authority: Authority, user: KeyPair): Promise<number> {
  const [ca, cert, key] = await Promise.all([
    readFile(authority.ca.certificate),
    readFile(user.certificate),
    readFile(user.key),
  ]);
  return new Promise((resolve, reject) => {
    const request = get(url, { ca, cert, key, agent: false, timeout: 5_000 }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    });
    request.once('timeout', () => request.destroy(new Error('no answer within 5 s')));
    request.once('error', reject);
  });
}

/**
 * Polls until the answer is true.
 * @param question undefined or false stands for "not yet"; an error is passed on.
 * @returns whether it became true in time.
 */
export async function waitUntil(question: () => Promise<boolean>, milliseconds: number, pause = 200): Promise<boolean> {
  const deadline = Date.now() + milliseconds;
  while (!(await question())) {
    if (Date.now() > deadline) return false;
    await sleep(pause);
  }
  return true;
}
