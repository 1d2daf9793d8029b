import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSandbox, type Sandbox } from '../dev/testing/git-sandbox.ts';
import { ensureEmbeddedRemote } from './embedded.ts';
import { openRepository } from './repository.ts';

let box: Sandbox;
let root: string;
let place: string;
beforeEach(async () => {
  box = await makeSandbox();
  root = await box.clone('mine');
  place = path.join(root, '.breakwater', 'remote.git');
});
afterEach(() => box.remove());

describe('the embedded remote', () => {
  it('is made when absent, with the branch as its HEAD whatever init.defaultBranch says, and takes a push', async () => {
    await box.git(root, 'config', '--global', 'init.defaultBranch', 'trunk');
    const remote = await ensureEmbeddedRemote(root, 'main');
    expect(await box.git(place, 'symbolic-ref', 'HEAD')).toBe('refs/heads/main');
    const repository = await openRepository(root);
    expect(await repository.publish({ remote, branch: 'main' })).toMatchObject({ pushed: true });
    expect(await repository.probe(remote)).toMatchObject({ defaultBranch: 'main' });
  });

  it('stays what it is the second time, and follows a changed branch', async () => {
    const remote = await ensureEmbeddedRemote(root, 'main');
    await (await openRepository(root)).publish({ remote, branch: 'main' });
    expect(await ensureEmbeddedRemote(root, 'live')).toEqual(remote);
    expect(await box.subjects(place, 'main')).toEqual(['Start']);
    expect(await box.git(place, 'symbolic-ref', 'HEAD')).toBe('refs/heads/live');
  });

  it("has no hooks of the user's template", async () => {
    const template = path.join(box.folder, 'template');
    await mkdir(path.join(template, 'hooks'), { recursive: true });
    await writeFile(path.join(template, 'hooks', 'pre-receive'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    await box.git(root, 'config', '--global', 'init.templateDir', template);
    const remote = await ensureEmbeddedRemote(root, 'main');
    expect(await (await openRepository(root)).publish({ remote, branch: 'main' })).toMatchObject({ pushed: true });
  });

  it('is whole after a run that was killed while it made it', async () => {
    await mkdir(path.join(root, '.breakwater', 'remote.git.999999999-x.tmp', 'objects'), { recursive: true });
    const remote = await ensureEmbeddedRemote(root, 'main');
    expect(await (await openRepository(root)).publish({ remote, branch: 'main' })).toMatchObject({ pushed: true });
    expect(await readdir(path.join(root, '.breakwater'))).toEqual(['remote.git']);
  });

  it('is made once by two runs at once', async () => {
    const [first, second] = await Promise.all([ensureEmbeddedRemote(root, 'main'), ensureEmbeddedRemote(root, 'main')]);
    expect(first).toEqual(second);
  });

  it.each([
    { what: 'a folder', make: () => mkdir(place, { recursive: true }) },
    {
      what: 'damaged',
      make: async () => {
        await ensureEmbeddedRemote(root, 'main');
        await rm(path.join(place, 'objects'), { recursive: true });
      },
    },
  ])('is not replaced when $what is in its place', async ({ make }) => {
    await make();
    await expect(ensureEmbeddedRemote(root, 'main')).rejects.toMatchObject({
      name: 'RunError',
      message: expect.stringContaining('.breakwater/remote.git'),
      hint: expect.stringContaining('Remove it'),
    });
  });
});
