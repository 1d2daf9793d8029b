import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRecorder, type RecordData, type Recorder } from './record.ts';

const passed = { group: 'login', name: 'in', tried: 'log in', expected: 'ann', got: 'ann', ok: true };
const failed = { ...passed, name: 'out', got: 'bob', ok: false };
const skipped = { ...passed, name: 'elsewhere', ok: false, skipped: 'no such cluster' };

describe('the record of a rehearsal', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'record-'));
  });
  const recorders: Recorder[] = [];
  afterEach(async () => {
    for (const recorder of recorders.splice(0)) await recorder.flush();
    await rm(folder, { recursive: true });
  });
  const recorder = (lines: string[] = [], earlier?: RecordData) => {
    const file = join(folder, 'record.json');
    const made = createRecorder({ file, command: 'rehearse', report: (line) => lines.push(line), earlier });
    recorders.push(made);
    return made;
  };

  test('counts what was not tried neither as passed nor as failed', () => {
    const record = recorder();
    for (const result of [passed, failed, skipped]) record.check(result);
    expect(record.data()).toMatchObject({ passed: 1, failed: 1, skipped: 1 });
  });

  test('says what was expected only where something else came back', () => {
    const lines: string[] = [];
    const record = recorder(lines);
    record.check(passed);
    record.check(failed);
    expect(lines[0]).not.toContain('expected');
    expect(lines[1]).toContain('expected ann');
    expect(lines[1]).toContain('got      bob');
  });

  test('keeps a phase that ended early, with the reason', async () => {
    const record = recorder();
    const work = record.phase('bootstrap', () => Promise.reject(new Error('no address')));
    await expect(work).rejects.toThrow('no address');
    expect(record.data().phases).toMatchObject([{ name: 'bootstrap', error: 'no address' }]);
  });

  test('is on disk as it grows', async () => {
    const record = recorder();
    record.check(passed);
    await record.flush();
    expect(JSON.parse(await readFile(join(folder, 'record.json'), 'utf8')).checks).toEqual([passed]);
  });

  test('continues with an earlier one, and lets a check that runs again replace what it saw', async () => {
    const first = recorder();
    first.check(passed);
    first.check({ ...passed, group: 'tls' });
    await first.flush();
    const second = recorder([], first.data());
    second.check(failed);
    second.check({ ...failed, name: 'again' });
    expect(second.data().checks.map(({ group, name }) => `${group} ${name}`)).toEqual([
      'tls in',
      'login out',
      'login again',
    ]);
  });
});
