import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RunError } from './errors.ts';
import { createReporter } from './reporter.ts';

beforeEach(() => {
  vi.useFakeTimers();
  for (const name of ['NO_COLOR', 'FORCE_COLOR', 'TERM']) vi.stubEnv(name, '');
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

function stream(isTTY: boolean) {
  const lines: string[] = [];
  return { isTTY, lines, write: (text: string) => lines.push(text.replace(/\n$/, '')) };
}

function reporter(isTTY: boolean, options: { json?: boolean; quiet?: boolean } = {}) {
  const [stdout, stderr] = [stream(isTTY), stream(isTTY)];
  return { stdout, stderr, ...createReporter({ json: false, ...options }, { stdout, stderr }) };
}

it('writes one plain line for each step where no person looks', () => {
  const { begin, stdout } = reporter(false);
  const end = begin('publish');
  vi.advanceTimersByTime(5000);
  end('done', 'pushed 1a2b3c to main');
  expect(stdout.lines).toEqual(['+ publish: pushed 1a2b3c to main']);
});

it('names a step on a terminal once it takes longer than a second, and says how long it took', () => {
  vi.stubEnv('NO_COLOR', '1');
  const { begin, stdout } = reporter(true);
  begin('tree')('up-to-date', '85 files as generated');
  const end = begin('publish');
  vi.advanceTimersByTime(1100);
  expect(stdout.lines).toEqual(['= tree: 85 files as generated', '► publish …']);
  vi.advanceTimersByTime(2000);
  end('done', 'pushed');
  expect(stdout.lines.at(-1)).toBe('+ publish: pushed (3 s)');
});

it('says nothing more of a step that failed', () => {
  vi.stubEnv('NO_COLOR', '1');
  const { begin, fail, stdout, stderr } = reporter(true);
  begin('publish');
  expect(fail(new RunError('the remote refuses the push', { hint: 'Ask for the right to push.' }))).toBe(1);
  vi.advanceTimersByTime(5000);
  expect(stdout.lines).toEqual([]);
  expect(stderr.lines).toEqual(['error: the remote refuses the push\n  Ask for the right to push.']);
});

it.each([
  ['on a terminal', true, {}, true],
  ['elsewhere', false, {}, false],
  ['on a terminal that cannot', true, { TERM: 'dumb' }, false],
  ['where NO_COLOR forbids it', true, { NO_COLOR: '1' }, false],
  ['where FORCE_COLOR asks for it', false, { FORCE_COLOR: '1' }, true],
  ['where FORCE_COLOR forbids it', true, { FORCE_COLOR: '0' }, false],
  ['where both are set', true, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
])('colours %s: %s %j', (_, isTTY, environment, coloured) => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const { warn, begin, stdout, stderr } = reporter(isTTY);
  warn('the demo is still there');
  begin('tree')('done', 'wrote 3 files');
  expect(stderr.lines).toEqual([
    coloured ? '\u001b[33mwarning:\u001b[39m the demo is still there' : 'warning: the demo is still there',
  ]);
  expect(stdout.lines).toEqual([coloured ? '\u001b[32m+\u001b[39m tree: wrote 3 files' : '+ tree: wrote 3 files']);
});

it('prints warnings, errors and the result when it is quiet', () => {
  const { begin, status, warn, result, stdout, stderr } = reporter(false, { quiet: true });
  status('wave 1: syncing');
  begin('tree')('done', 'wrote 3 files');
  warn('look here');
  result({}, 'the result');
  expect([stdout.lines, stderr.lines]).toEqual([['the result'], ['warning: look here']]);
});
