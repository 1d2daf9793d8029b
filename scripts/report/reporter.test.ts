import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { begin as beginActivity } from './activity.ts';
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

function reporter(isTTY: boolean, options: { json?: boolean; quiet?: boolean; verbose?: boolean } = {}) {
  const [stdout, stderr] = [stream(isTTY), stream(isTTY)];
  return { stdout, stderr, ...createReporter({ json: false, ...options }, { stdout, stderr }) };
}

/** What the terminal shows: each erased line is gone. */
const seen = (lines: readonly string[]) =>
  lines
    .join('\n')
    .split('\r\x1b[K')
    .map((line) => line.trim());

it('writes one plain line for each step where no person looks', () => {
  const { begin, stdout, stderr } = reporter(false);
  const end = begin('publish');
  vi.advanceTimersByTime(1000);
  end('done', 'pushed 1a2b3c to main');
  expect(stdout.lines).toEqual(['done publish: pushed 1a2b3c to main']);
  expect(stderr.lines).toEqual([]);
});

it('says there what it waits for within two seconds, and then every ten', () => {
  const { begin, stderr } = reporter(false);
  begin('publish');
  const end = beginActivity('git push https://git.example.com/a.git');
  vi.advanceTimersByTime(13_000);
  end();
  expect(stderr.lines).toEqual([
    '    … publish: git push https://git.example.com/a.git (1 s)',
    '    … publish: git push https://git.example.com/a.git (11 s)',
  ]);
});

it('says after a silence what begins, without a duration of zero seconds', () => {
  const { begin, stderr } = reporter(false);
  vi.advanceTimersByTime(3000);
  begin('publish');
  expect(stderr.lines).toEqual(['    … publish']);
});

it('draws the step that runs in the last line of a terminal, with its seconds, in its width, and without secrets', () => {
  vi.stubEnv('NO_COLOR', '1');
  const { begin, hide, stdout, stderr } = reporter(true);
  hide(['hunter22']);
  const end = begin('publish');
  expect(stderr.lines).toEqual(['► publish …']);
  const done = beginActivity(`git push https://git.example.com/hunter22/${'x'.repeat(100)}`);
  vi.advanceTimersByTime(3000);
  const shown = seen(stderr.lines);
  expect(Math.max(...shown.map((line) => line.length))).toBeLessThan(80);
  expect(shown.at(-1)).toMatch(/^► publish: git push https:\/\/git\.example\.com\/\*\*\*\/x+… … 3 s$/);
  done();
  end('done', 'pushed');
  expect(stderr.lines.at(-1)).toBe('\r\x1b[K');
  expect(stdout.lines).toEqual(['✔ publish: pushed (3 s)']);
});

it('draws nothing while a program may ask the user', () => {
  vi.stubEnv('NO_COLOR', '1');
  const { begin, stderr } = reporter(true);
  begin('register');
  const done = beginActivity('kubelogin', { asks: true });
  vi.advanceTimersByTime(500);
  expect(stderr.lines.at(-1)).toBe('\r\x1b[K');
  vi.advanceTimersByTime(5000);
  expect(stderr.lines.at(-1)).toBe('\r\x1b[K');
  done();
});

it('lists each program and request with its duration, and every file, when it is verbose', () => {
  const files = ['a', 'b', 'c', 'd'].map((name) => `new        clusters/prod/values/${name}.yaml`);
  const all = reporter(false, { verbose: true });
  const end = beginActivity('helm template dex');
  vi.advanceTimersByTime(1234);
  end('exit code 1');
  all.files(files);
  expect(all.stderr.lines).toEqual(['    helm template dex, exit code 1 (1.2 s)']);
  expect(all.stdout.lines).toEqual(files.map((line) => `    ${line}`));
  const folded = reporter(false);
  folded.files([...files, 'delete     clusters/prod/values/e.yaml', 'new        clusters/prod/README.md']);
  expect(folded.stdout.lines).toEqual([
    '    new        clusters/prod/values/ (4 files)',
    '    delete     clusters/prod/values/e.yaml',
    '    new        clusters/prod/README.md',
  ]);
});

it('says nothing more of a step that failed', () => {
  vi.stubEnv('NO_COLOR', '1');
  const { begin, fail, stdout, stderr } = reporter(true);
  begin('publish');
  expect(fail(new RunError('the remote refuses the push', { hint: 'Ask for the right to push.' }))).toBe(1);
  vi.advanceTimersByTime(5000);
  expect(stdout.lines).toEqual([]);
  expect(seen(stderr.lines).at(-1)).toBe('error: the remote refuses the push\n  Ask for the right to push.');
});

it('prints each warning once', () => {
  const { warn, stderr } = reporter(false);
  for (const line of ['a', 'b', 'a']) warn(line);
  expect(stderr.lines).toEqual(['warning: a', 'warning: b']);
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
  const mark = isTTY ? '✔' : 'done';
  expect(stderr.lines[0]).toBe(
    coloured ? '\u001b[33mwarning:\u001b[39m the demo is still there' : 'warning: the demo is still there',
  );
  expect(stdout.lines).toEqual([
    coloured ? `\u001b[32m${mark}\u001b[39m tree: wrote 3 files` : `${mark} tree: wrote 3 files`,
  ]);
});

it('prints warnings, errors and the result when it is quiet', () => {
  const { begin, status, warn, result, stdout, stderr } = reporter(false, { quiet: true });
  status('wave 1: syncing');
  begin('tree')('done', 'wrote 3 files');
  warn('look here');
  result({}, '\nthe result');
  expect([stdout.lines, stderr.lines]).toEqual([['the result'], ['warning: look here']]);
});

it('prints nothing of a text that would steer the terminal, and keeps its own colours', () => {
  vi.stubEnv('FORCE_COLOR', '1');
  const { status, warn, stdout, stderr } = reporter(true);
  status('owner \u001b]0;title\u0007 \u001b[2J\r\u009bA: ann\n\tbob');
  expect(stdout.lines).toEqual(['owner ]0;title [2JA: ann\n\tbob']);
  warn('careful');
  expect(stderr.lines.join('')).toContain('\u001b[33mwarning:\u001b[39m careful');
});
