import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../rehearsal/observe/ask.ts';
import { type Gunicorn, startGunicorn } from './gunicorn.ts';
import { Browser } from './test-browser.ts';
import { own, platform } from './test-envoy.ts';
import {
  groupCounts,
  manyGroups,
  mixedCase,
  refreshSeconds,
  seen,
  startTestGateway,
  type TestGateway,
} from './test-gateway.ts';

let gateway: TestGateway;
let gunicorn: Gunicorn;

beforeAll(async () => {
  [gateway, gunicorn] = await Promise.all([startTestGateway(), startGunicorn()]);
});
afterAll(async () => {
  await gateway?.stop();
  gunicorn?.stop();
});

function tokenOf(answer: { body: string }): unknown {
  const [, claims = ''] = (seen(answer).authorization ?? '').split('.');
  return JSON.parse(Buffer.from(claims, 'base64url').toString());
}

describe('a person in many groups', () => {
  // What a browser sends beside: as many headers as any does.
  const usual = Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`x-usual-${index}`, 'x'.repeat(100)]));
  const prefix = 'x-breakwater-group-';

  // The program is Node, which refuses 16 KiB of headers; its sidecar refuses 100 headers, gunicorn 8,190 bytes in one.
  it.each([...groupCounts])('logs in and gets to a program with usual limits: %i groups', async (count) => {
    const browser = new Browser(gateway.port);
    const end = await browser.open(`https://${platform}/`, manyGroups(count));
    expect(end.status, end.body).toBe(200);
    const answer = await browser.get(`https://${platform}/again`, usual);
    expect(answer.status).toBe(200);
    const headers = seen(answer);
    const names = Object.keys(headers).filter((name) => name.startsWith(prefix));
    expect(names.length).toBe(Math.min(count, 30));
    expect(Object.keys(headers).length).toBeLessThan(100);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(8190);
    expect(lines.join('').length).toBeLessThan(16 * 1024);
    // A group that an app's file names, whatever its place in the alphabet.
    expect(names).toContain(`${prefix}${Buffer.from('platform-editors').toString('hex')}`);
    expect(headers['kubeflow-groups']?.split(',')).toContain('platform-editors');
    expect((await ask(gunicorn.url, { headers })).status).toBe(200);
    // At an app, the whole list decides.
    expect(seen(await browser.get(`https://${own}/`))['x-webauth-role']).toBe('Editor');
  });

  it('would be refused by gunicorn with the whole list', async () => {
    const groups = Array.from({ length: 400 }, (_, index) => `${index}`.padStart(37, 'g')).join(',');
    expect((await ask(gunicorn.url, { headers: { 'kubeflow-groups': groups } })).status).toBe(431);
  });
});

it('a person is one person, however the provider spells the address, also after the session was renewed', async () => {
  const browser = new Browser(gateway.port);
  await browser.open(`https://${platform}/`, mixedCase);
  for (const renewed of [false, true]) {
    if (renewed) await sleep(refreshSeconds * 1000 + 1500);
    const answer = await browser.get(`https://${platform}/`);
    expect(seen(answer)['kubeflow-userid']).toBe(mixedCase.toLowerCase());
    expect('set-cookie' in answer.headers).toBe(renewed);
    // The token has what Dex knows.
    expect(tokenOf(await browser.get(`https://cd.${platform}/`))).toMatchObject({ email: mixedCase });
  }
});
