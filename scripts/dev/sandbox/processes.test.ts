import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from './https-get.ts';
import { isRunning, logTail, runningPid, startedProcesses, startProcess, stopProcess } from './processes.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakwater processes-'));
});

afterEach(async () => {
  for (const name of await startedProcesses(folder)) await stopProcess(folder, name, 100);
  await rm(folder, { recursive: true, force: true });
});

describe.runIf(process.platform === 'linux')('processes', () => {
  it('starts one, knows that it runs, and ends it', async () => {
    await startProcess(folder, { name: 'sleeper', command: ['sleep', '60'] });
    const pid = await runningPid(folder, 'sleeper');
    expect(pid).toBeGreaterThan(0);
    await stopProcess(folder, 'sleeper');
    expect(await isRunning(folder, 'sleeper')).toBe(false);
    expect(await startedProcesses(folder)).toEqual([]);
  });

  it('refuses a second one of the same name', async () => {
    await startProcess(folder, { name: 'sleeper', command: ['sleep', '60'] });
    await expect(startProcess(folder, { name: 'sleeper', command: ['sleep', '60'] })).rejects.toThrow('still runs');
  });

  it('keeps what it wrote', async () => {
    await startProcess(folder, { name: 'talker', command: ['sh', '-c', 'echo one; echo two >&2'] });
    expect(await waitUntil(async () => !(await isRunning(folder, 'talker')), 5_000)).toBe(true);
    expect(logTail(folder, 'talker')).toBe('one\ntwo');
  });

  it('uses force on one that does not listen', async () => {
    await startProcess(folder, { name: 'deaf', command: ['sh', '-c', "trap '' TERM; while true; do sleep 0.1; done"] });
    await stopProcess(folder, 'deaf', 300);
    expect(await isRunning(folder, 'deaf')).toBe(false);
  });

  it('ends what one has started, as nsenter has: it does not pass a signal on', async () => {
    await startProcess(folder, { name: 'parent', command: ['sh', '-c', 'sleep 60 & echo $!; wait'] });
    expect(await waitUntil(async () => logTail(folder, 'parent') !== '', 5_000)).toBe(true);
    const child = Number(logTail(folder, 'parent'));
    await stopProcess(folder, 'parent');
    const gone = async () => !existsSync(`/proc/${child}`) || / Z /.test(readFileSync(`/proc/${child}/stat`, 'utf8'));
    expect(await waitUntil(gone, 5_000)).toBe(true);
  });

  it('leaves a process alone that merely has the pid of an old one', async () => {
    await startProcess(folder, { name: 'mine', command: ['sleep', '60'] });
    const file = join(folder, 'run', 'mine.json');
    const record = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...record, since: '1' }));
    await stopProcess(folder, 'mine', 100);
    expect(process.kill(record.pid, 0)).toBe(true);
    process.kill(record.pid, 'SIGKILL');
  });

  it('says which program could not be started', async () => {
    await expect(startProcess(folder, { name: 'none', command: ['/no/such/program'] })).rejects.toThrow(
      '/no/such/program could not be started',
    );
  });
});
