import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { knownSecrets } from './known-secrets.ts';
import { resolveReference } from './secret-reference.ts';

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'breakwater-secret-'));
  writeFileSync(join(root, 'token'), 'hunter2\n');
  symlinkSync('token', join(root, 'link'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  mkdirSync(join(root, 'folder'));
  writeFileSync(join(root, 'large'), '');
  truncateSync(join(root, 'large'), 2 ** 20 + 1);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a secret of a file', () => {
  it.each(['token', 'link'])('is read from a regular file, also through a link: %s', (file) => {
    expect(resolveReference(root, { file })).toBe('hunter2\n');
  });

  it.each([
    ['pipe', 'is not a regular file'],
    ['/dev/zero', 'is not a regular file'],
    ['folder', 'is a folder'],
    ['large', 'is too large: 1048577 bytes'],
    ['absent', 'cannot be read (ENOENT)'],
  ])('is never waited for: %s', (file, message) => {
    expect(() => resolveReference(root, { file })).toThrow(`the file ${file} ${message}`);
    expect(knownSecrets(root, { credentials: { token: { file } } })).toEqual([]);
  });
});
