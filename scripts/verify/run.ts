import type { AttackResult } from '../page/types.ts';
import { during } from '../report/activity.ts';
import type { AttackCheck, Group, Need, SteppedResult } from './check.ts';
import type { Client } from './client.ts';
import { describeExchange } from './judge.ts';
import type { Known } from './known.ts';
import { describeRequest } from './request.ts';

/**
 * Runs groups of checks, one request after the other.
 *
 * @param report called with the results of each group
 * @returns one result per check, in order
 */
export async function runGroups(
  client: Client,
  known: Known,
  groups: readonly Group[],
  report: (group: Group, rows: readonly AttackResult[]) => void,
): Promise<AttackResult[]> {
  const all: AttackResult[] = [];
  for (const group of groups) {
    const rows: AttackResult[] = [];
    for (const check of group.checks(known.site))
      rows.push(await during(`${group.name}/${check.id}`, () => runCheck(client, known, group, check)));
    report(group, rows);
    all.push(...rows);
  }
  return all;
}

async function runCheck(client: Client, known: Known, group: Group, check: AttackCheck): Promise<AttackResult> {
  const row = { id: `${group.name}/${check.id}`, group: group.name, tries: check.tries };
  const expected = 'steps' in check ? check.expected : check.expect.text;
  const missing = check.needs?.map((need) => whyMissing(need, known)).find((why) => why !== undefined);
  if (missing !== undefined) {
    const request =
      'steps' in check ? check.request : typeof check.send === 'function' ? '' : describeRequest(check.send);
    return { ...row, request, expected, answer: '', outcome: 'skipped', why: missing };
  }
  const { request, finding } = await ask(client, known, check);
  const { answer, wrong } = finding;
  return wrong === undefined
    ? { ...row, request, expected, answer, outcome: 'passed' }
    : { ...row, request, expected, answer, outcome: 'failed', why: wrong };
}

async function ask(
  client: Client,
  known: Known,
  check: AttackCheck,
): Promise<{ request: string; finding: SteppedResult }> {
  if ('steps' in check) {
    const finding = await settled(() => check.steps(client, known));
    return { request: check.request, finding };
  }
  const request = typeof check.send === 'function' ? check.send(known) : check.send;
  const finding = await settled(async () => {
    const exchange = await client.send(request);
    const wrong = check.expect.judge(exchange, known);
    return { answer: describeExchange(exchange), ...(wrong === undefined ? {} : { wrong }) };
  });
  return { request: describeRequest(request), finding };
}

/** Treats a failed connection in the middle of a run as a wrong answer. */
async function settled(work: () => Promise<SteppedResult>): Promise<SteppedResult> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'AbortError') throw error;
    return { answer: error.message, wrong: 'the request could not be made' };
  }
}

function whyMissing(need: Need, known: Known): string | undefined {
  if (typeof need === 'function') return need(known);
  switch (need) {
    case 'credentials':
      return known.firstLogin === undefined ? 'no user: pass one with --user' : undefined;
    case 'second credentials':
      return known.secondLogin === undefined ? 'no second user: pass one with --second-user' : undefined;
    case 'first':
      if (known.first !== undefined) return undefined;
      return known.firstLogin === undefined
        ? 'no user: pass one with --user'
        : `no session: ${known.firstLogin.wrong ?? 'the login failed'}`;
    case 'second':
      if (known.second !== undefined) return undefined;
      return known.secondLogin === undefined
        ? 'no second user: pass one with --second-user'
        : `no second session: ${known.secondLogin.wrong ?? 'the login failed'}`;
    case 'view':
      return known.view === undefined ? 'no upstream echoes the user of a request' : undefined;
    case 'headers':
      return known.view?.shows === 'headers' ? undefined : 'no upstream echoes the headers of a request';
    case 'key':
      return known.sign === undefined ? 'needs --context, and the right to read the cookie key there' : undefined;
    case 'port 80':
      return known.plainPort ? undefined : 'the plain HTTP port is closed';
  }
}
