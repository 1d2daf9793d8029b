import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSandbox, type Sandbox } from '../dev/testing/git-sandbox.ts';
import { openRepository } from './repository.ts';

let box: Sandbox;
let root: string;
beforeEach(async () => {
  box = await makeSandbox();
  root = await box.clone("the user's repository");
});
afterEach(() => box.remove());

const file = 'clusters/demo/apps/00 argo[cd].yaml';
const other = 'clusters/demo/values/dex.yaml';
const message = 'Render demo\n\nBecause it changed.\n';

describe('a commit that fails leaves index and files as they were:', () => {
  beforeEach(async () => {
    await box.write(root, other, 'committed\n');
    await box.git(root, 'add', other);
    await box.git(root, 'commit', '--quiet', '-m', 'Second');
    await box.write(root, 'staged.txt', 'staged\n');
    await box.git(root, 'add', 'staged.txt');
    await box.write(root, other, 'changed\n');
    await box.write(root, file, 'new\n');
  });

  async function refused(expected: object): Promise<void> {
    const before = await box.snapshot(root);
    const repository = await openRepository(root);
    await expect(repository.commit({ paths: [file, other], message })).rejects.toMatchObject(expected);
    expect(await box.snapshot(root)).toBe(before);
    expect(await readdir(path.join(root, '.git', 'breakwater')).catch(() => [])).toEqual([]);
    expect(await readdir(path.join(root, '.git'))).not.toContain('index.lock');
  }

  it.each(['pre-commit', 'commit-msg'])('a %s hook refuses', async (hook) => {
    await box.hook(root, hook, 'echo "no commits on Fridays" >&2; exit 1');
    await refused({
      name: 'RunError',
      message: expect.stringContaining(hook),
      details: expect.arrayContaining(['no commits on Fridays']),
    });
  });

  it('a hook rewrites a generated file: it is named and not committed, and a file that hooks may change is', async () => {
    await box.hook(root, 'pre-commit', `echo formatted >>"${file}" && git add -- "${file}"`);
    const [head, index] = [await box.git(root, 'rev-parse', 'HEAD'), await box.git(root, 'ls-files', '--stage')];
    const repository = await openRepository(root);
    await expect(repository.commit({ paths: [file, other], message })).rejects.toMatchObject({
      name: 'RunError',
      message: expect.stringContaining('rewrote generated files (pre-commit)'),
      details: [file],
    });
    expect([await box.git(root, 'rev-parse', 'HEAD'), await box.git(root, 'ls-files', '--stage')]).toEqual([
      head,
      index,
    ]);
    expect(await repository.commit({ paths: [file, other], message, hooksMayChange: [file] })).not.toBe('nothing');
  });

  it('FL#1774 FL#4519 an SSH signing key is missing', async () => {
    await box.git(root, 'config', 'commit.gpgSign', 'true');
    await box.git(root, 'config', 'gpg.format', 'ssh');
    await box.git(root, 'config', 'user.signingKey', path.join(box.folder, 'no-such-key'));
    await refused({ name: 'RunError', message: expect.stringContaining('cannot sign') });
  });

  it('an OpenPGP signing key is missing', async () => {
    await box.git(root, 'config', 'commit.gpgSign', 'true');
    await box.git(root, 'config', 'user.signingKey', 'DEADBEEFDEADBEEF');
    await refused({ name: 'RunError', message: expect.stringContaining('cannot sign') });
  });

  it('AP#95 AP#496 there is no author identity', async () => {
    await writeFile(path.join(box.folder, 'gitconfig'), '[init]\n\tdefaultBranch = main\n');
    await refused({
      name: 'RunError',
      message: expect.stringContaining('user.name'),
      hint: expect.stringContaining('git config'),
    });
  });

  it('HEAD is detached', async () => {
    await box.git(root, 'checkout', '--quiet', '--detach');
    await refused({
      name: 'RunError',
      message: expect.stringContaining('detached'),
      hint: expect.stringContaining('git switch'),
    });
  });

  it('a merge is not finished', async () => {
    await writeFile(path.join(root, '.git', 'MERGE_HEAD'), `${await box.git(root, 'rev-parse', 'HEAD')}\n`);
    await refused({ name: 'RunError', message: expect.stringContaining('an unfinished merge') });
  });

  it('another git holds the index for good', async () => {
    await writeFile(path.join(root, '.git', 'index.lock'), '');
    const repository = await openRepository(root);
    await expect(repository.commit({ paths: [file], message })).rejects.toMatchObject({
      name: 'RunError',
      details: [expect.stringContaining('index.lock')],
    });
    expect(await box.subjects(root)).toEqual(['Second', 'Start']);
  });
});
