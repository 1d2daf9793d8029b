import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { commands } from '../../commands/index.ts';
import { checkout, type TestRepository, testRepository } from './repository.ts';

let repository: TestRepository;
beforeAll(() => {
  repository = testRepository();
});
afterAll(() => repository.remove());

/** It gives a program a terminal. */
const recorder = 'script';
const onTerminal = it.skipIf(spawnSync(recorder, ['--version']).status !== 0);

/** @returns the lines that a command shows on a terminal of 80 columns */
function terminal(...parameters: string[]): string[] {
  const command = [process.execPath, join(checkout, 'scripts', 'start.mjs'), ...parameters];
  const quoted = command.map((word) => `'${word}'`).join(' ');
  const { stdout } = spawnSync(recorder, ['--quiet', '--command', `stty cols 80; ${quoted}`, '/dev/null'], {
    cwd: repository.root,
    encoding: 'utf8',
    input: '',
    env: { ...process.env, NO_COLOR: '1', TERM: 'xterm', KUBECONFIG: join(repository.root, 'none') },
  });
  return stdout.split('\n').map((line) => stripVTControlCharacters(line.split('\r\x1b[K').at(-1) ?? '').trimEnd());
}

const names = commands.map(({ usage }) => usage.replace(/ .*/, ''));

onTerminal.each([[], ...names.map((name) => [name])])('the help of %s fits into 80 columns', (...name) => {
  const lines = terminal(...name, '--help');
  // Examples are one line each, so that they can be copied.
  const examples = lines.indexOf('Examples:');
  expect(examples).toBeGreaterThan(0);
  expect(lines.slice(0, examples).filter((line) => line.length > 80)).toEqual([]);
});

onTerminal('a failing doctor and status say all of the reason', () => {
  repository.write('clusters/demo/cluster.yaml', 'name: demo\nhost: https://a.example.com\nauth: {users: []}\n');
  const piped = repository.breakwater('doctor').stdout.split('\n');
  const reasons = piped
    .filter((line) => /^MISSING|^ +\S/.test(line))
    .map((line) => line.replace(/^MISSING/, '✖').replace(/^ +/, '  '));
  expect(reasons.length).toBeGreaterThan(1);
  expect(terminal('doctor')).toEqual(expect.arrayContaining(reasons));
  expect(terminal('status').join('\n')).toContain(repository.breakwater('status').stderr.trim());
  repository.git('checkout', '--quiet', '--', 'clusters');
});
