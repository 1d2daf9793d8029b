import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onPath, runProcess } from './run.ts';

let folder: string;
const searchPath = process.env.PATH;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater run '));
});
afterEach(() => {
  process.env.PATH = searchPath;
  rmSync(folder, { recursive: true });
});

/** @returns the state of a process; Z when it has ended and no one has asked for its exit code */
function stateOf(pid: number): string {
  return spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
}

describe('a program', () => {
  it('gets its arguments as they are, and the environment that it is given', async () => {
    const args = ['', 'a b', "it's", '"$HOME"', '`id`', '$(id)', 'a\nb', '*', '-n', 'ä'];
    const script = 'console.log(JSON.stringify({ args: process.argv.slice(1), env: Object.keys(process.env) }))';
    const { stdout, exitCode } = await runProcess(process.execPath, ['-e', script, '--', ...args], {
      cwd: folder,
      env: { GIVEN: '1' },
    });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).args).toEqual(args);
    // bash adds these.
    expect(JSON.parse(stdout).env.filter((name: string) => !['_', 'PWD', 'SHLVL', 'OLDPWD'].includes(name))).toEqual([
      'GIVEN',
    ]);
  });

  it('has its exit code and both streams handed back, and nothing to read', async () => {
    const result = await runProcess('sh', ['-c', 'cat; echo out; echo err >&2; exit 3']);
    expect(result).toEqual({ exitCode: 3, stdout: 'out\n', stderr: 'err\n', timedOut: false });
  });

  it.each(['with ps', 'without ps'])('is killed at its time limit, %s', async (ps) => {
    if (ps === 'without ps') {
      for (const program of ['sh', 'sleep']) symlinkSync(onPath(program) ?? '', join(folder, program));
      process.env.PATH = folder;
    }
    const started = Date.now();
    const script = `echo $$ > own; sleep 30 & echo $! > child; wait`;
    const result = await runProcess('sh', ['-c', script], { cwd: folder, seconds: 1 });
    expect(result).toMatchObject({ timedOut: true });
    expect(Date.now() - started).toBeLessThan(15_000);
    const pid = async (name: string) => Number(await readFile(join(folder, name), 'utf8'));
    process.env.PATH = searchPath;
    expect(stateOf(await pid('own'))).toMatch(/^Z?$/);
    if (ps === 'with ps') expect(stateOf(await pid('child'))).toMatch(/^Z?$/);
    else process.kill(await pid('child'), 'SIGKILL');
  });
});
