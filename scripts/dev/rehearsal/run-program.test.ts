import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mustRun, runProgram } from './run-program.ts';

it('hands on arguments, input and environment as they are, and gives what was written', async () => {
  const odd = ["it's", 'a  b', '$HOME', 'two\nlines', '☂', '', '*'];
  const home = await mkdtemp(join(tmpdir(), 'breakwater-home-'));
  await writeFile(join(home, '.bashrc'), 'echo from .bashrc\n');
  const env = { PATH: process.env.PATH, HOME: home, SAID: 'x y' };
  const code =
    'process.stdin.pipe(process.stdout); console.error(JSON.stringify([process.argv.slice(1), process.env.SAID]))';
  const { stdout, stderr } = await runProgram([process.execPath, '-e', code, ...odd], { env, input: 'ä\n' });
  expect(stdout).toBe('ä\n');
  expect(JSON.parse(stderr)).toEqual([odd, 'x y']);
  await rm(home, { recursive: true });
});

it('tells each line of both outputs as it comes, also the last one without an end', async () => {
  const lines: string[] = [];
  await runProgram(['sh', '-c', 'echo one; sleep 0.1; echo two >&2; sleep 0.1; printf three'], {
    onLine: (line) => lines.push(line),
  });
  expect(lines).toEqual(['one', 'two', 'three']);
});

it('tells how it ended', async () => {
  expect((await runProgram(['sh', '-c', 'exit 3'])).code).toBe(3);
  expect((await runProgram(['sh', '-c', 'kill -KILL $$'])).code).toBeGreaterThanOrEqual(128);
  expect(await runProgram(['no-such-program'])).toMatchObject({
    code: 127,
    stderr: expect.stringContaining('not found'),
  });
});

it('outlives a program that ends before it has read everything', async () => {
  expect((await runProgram(['true'], { input: 'x'.repeat(5_000_000) })).code).toBe(0);
});

it('is ended by its signal', async () => {
  const stop = new AbortController();
  const run = runProgram(['sleep', '60'], { signal: stop.signal });
  setTimeout(() => stop.abort(), 50);
  expect((await run).code).toBeGreaterThanOrEqual(128);
});

it('says of a program that has to succeed what it said', async () => {
  expect(await mustRun(['echo', 'fine'])).toBe('fine\n');
  await expect(mustRun(['sh', '-c', 'echo why >&2; exit 1'])).rejects.toMatchObject({
    message: expect.stringContaining('ended with exit code 1'),
    details: ['why'],
  });
});
