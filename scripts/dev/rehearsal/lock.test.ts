import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeFolder } from './lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a folder belongs to one run at a time, and the other is named', async () => {
  const release = await takeFolder(folder);
  await expect(takeFolder(folder)).rejects.toThrow(`another rehearsal uses ${folder} (process ${process.pid})`);
  await release();
  await (await takeFolder(folder))();
  expect(existsSync(join(folder, 'lock.json'))).toBe(false);
});

test.each([
  ['of a run that was killed', JSON.stringify({ pid: 2 ** 22 + 1, since: '1' })],
  ['of an earlier process with the same number', JSON.stringify({ pid: process.pid, since: '1' })],
  ['that was cut short', '{"pid": 1'],
])('a lock %s counts for nothing', async (_, text) => {
  await writeFile(join(folder, 'lock.json'), text);
  await (await takeFolder(folder))();
});
