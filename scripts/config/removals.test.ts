import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRemovals, removalsFile, withoutRemovals, withRemovals } from './removals.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'breakwater-removals-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const read = (text: string) => {
  writeFileSync(join(root, removalsFile), text);
  return [...readRemovals(root)];
};

describe('removals.yaml', () => {
  it('need not be there, and may be empty', () => {
    expect([...readRemovals(root)]).toEqual([]);
    expect(read('removals: []\n')).toEqual([]);
    expect(read('# all gone\nremovals:\n')).toEqual([]);
  });

  it.each([
    ['removals: [prod/dex]\n', 'removals[0]'],
    ['removals: ["clusters/*"]\n', 'removals[0]'],
    ['removals: [clusters/a/b/c]\n', 'removals[0]'],
    ['removals: [tenants/..]\n', 'removals[0]'],
    ['removal: [tenants/a]\n', 'removal'],
    ['- tenants/a\n', ''],
  ])('%j is refused with its position', (text, path) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({
        name: 'UsageError',
        problems: [expect.objectContaining({ file: removalsFile, path })],
      }),
    );
  });

  it.each([[undefined], ['removals: []\n'], ['removals:\n'], ['# mine\nremovals:\n  - tenants/old # gone\n']])(
    'takes entries on top of %j, once, and keeps what people wrote',
    (text) => {
      const once = withRemovals(text, ['clusters/prod/dex', 'tenants/red']);
      const entries = read(once);
      expect(entries).toEqual(expect.arrayContaining(['clusters/prod/dex', 'tenants/red']));
      expect(withRemovals(once, ['tenants/red'])).toBe(once);
      if (text?.includes('old') === true) expect(once).toContain('# mine\nremovals:\n  - tenants/old # gone\n');
    },
  );

  it('loses an entry whose name is back, and no other that begins like it', () => {
    const text = '# mine\nremovals:\n  - tenants/red\n  - tenants/red-two # gone\n';
    expect(withoutRemovals(text, ['tenants/red'])).toBe('# mine\nremovals:\n  - tenants/red-two # gone\n');
    expect(read(withoutRemovals('removals:\n  - tenants/red\n', ['tenants/red']))).toEqual([]);
  });
});
