import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitIn } from '../dev/testing/git-in.ts';
import { checkOutBase, findBase } from './base.ts';

let folder: string;
let root: string;
const git = (...words: string[]) => gitIn(root)(...words);
const write = (path: string, text: string) => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
};
const commit = (message: string) => {
  git('add', '-A');
  git('commit', '--quiet', '-m', message);
  return git('rev-parse', 'HEAD');
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-base-test-'));
  root = join(folder, `it's "here"`);
  mkdirSync(root);
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'Test');
  git('config', 'user.email', 'test@example.com');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the base of a change', () => {
  it('is where it parted from the branch, so that what others merged since is not a part of it', async () => {
    write('a', '1\n');
    const parted = commit('Start');
    git('switch', '--quiet', '--create', 'change');
    write('b', '1\n');
    commit('Mine');
    git('switch', '--quiet', 'main');
    write('c', '1\n');
    commit('Theirs');
    git('switch', '--quiet', 'change');
    expect(await findBase(root, 'main', 'origin/main')).toEqual({
      commit: parted,
      description: `${parted.slice(0, 12)} (main)`,
    });
  });

  it('is absent where nothing is named and the usual one does not exist; a named one must exist', async () => {
    write('a', '1\n');
    commit('Start');
    expect(await findBase(root, undefined, 'origin/main')).toBeUndefined();
    await expect(findBase(root, 'nowhere', 'origin/main')).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining('"nowhere"'),
    });
    await expect(findBase(root, '--output=x', 'origin/main')).rejects.toMatchObject({ name: 'UsageError' });
  });

  it('cannot be found in a shallow clone, which is reported with a hint', async () => {
    write('a', '1\n');
    commit('Start');
    write('a', '2\n');
    commit('Parted');
    git('switch', '--quiet', '--create', 'change');
    write('b', '1\n');
    commit('Mine');
    git('switch', '--quiet', 'main');
    write('c', '1\n');
    commit('Theirs');
    const shallow = join(folder, 'shallow');
    git('clone', '--quiet', '--depth=1', '--no-single-branch', `file://${root}`, shallow);
    gitIn(shallow)('switch', '--quiet', 'change');
    await expect(findBase(shallow, undefined, 'origin/main')).rejects.toMatchObject({
      name: 'RunError',
      message: expect.stringContaining('shallow'),
      hint: expect.stringContaining('fetch-depth: 0'),
    });
  });
});

describe('the files of the base', () => {
  it('are written elsewhere, and work tree, index and HEAD stay as they are', async () => {
    write('clusters/a/x.yaml', 'old\n');
    write('scripts/x.ts', 'program\n');
    symlinkSync('/etc/passwd', join(root, 'clusters/a/link.yaml'));
    const base = commit('Start');
    write('clusters/a/x.yaml', 'new\n');
    write('staged', 'x\n');
    git('add', 'staged');
    const before = git('status', '--porcelain');
    const files = await checkOutBase(root, base, ['clusters', 'tenants']);
    expect(readFileSync(join(files.folder, 'clusters/a/x.yaml'), 'utf8')).toBe('old\n');
    expect(existsSync(join(files.folder, 'scripts'))).toBe(false);
    expect(lstatSync(join(files.folder, 'clusters/a/link.yaml')).isFile()).toBe(true);
    expect(git('status', '--porcelain')).toBe(before);
    expect(readFileSync(join(root, 'clusters/a/x.yaml'), 'utf8')).toBe('new\n');
    await files.remove();
    expect(existsSync(files.folder)).toBe(false);
  });
});
