import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePublishSandbox, type PublishSandbox } from '../dev/testing/publish-sandbox.ts';
import { openRepository } from './repository.ts';

let box: PublishSandbox;
let bare: string;
let url: string;
let bootstrap: PublishSandbox['bootstrap'];
let twoClones: PublishSandbox['twoClones'];
beforeEach(async () => {
  box = await makePublishSandbox();
  ({ remote: bare, url, bootstrap, twoClones } = box);
});
afterEach(() => box.remove());

describe('a push that is refused keeps the commit and says why:', () => {
  it.each([
    { hook: 'pre-receive', says: 'main is protected: use a pull request' },
    { hook: 'update', says: 'no direct pushes' },
  ])('AP#399 TF#606 a protected branch ($hook)', async ({ hook, says }) => {
    const { mine } = await twoClones();
    await box.hook(bare, hook, `echo "${says}" >&2; exit 1`);
    await expect(bootstrap(mine, 'clusters/a/y.yaml')).rejects.toMatchObject({
      name: 'RunError',
      message: expect.stringContaining('hook declined'),
      details: expect.arrayContaining([`remote: ${says}`]),
      hint: expect.stringContaining('git.publish: pull-request'),
    });
    expect(await box.subjects(mine)).toEqual(['Render clusters/a/y.yaml', 'Render clusters/a/x.yaml', 'Start']);
    expect(await box.git(mine, 'status', '--porcelain')).toBe('');
  });

  it("the user's own pre-push hook", async () => {
    const { mine } = await twoClones();
    await box.hook(mine, 'pre-push', 'echo "tests are red" >&2; echo "tests failed"; exit 1');
    await expect(bootstrap(mine, 'clusters/a/y.yaml')).rejects.toMatchObject({
      message: expect.stringContaining('pre-push hook'),
      details: ['tests failed', 'tests are red', expect.stringContaining('failed to push some refs')],
    });
  });

  it('a branch that is checked out there', async () => {
    const { mine, theirs } = await twoClones();
    await box.write(mine, 'x.yaml', 'x\n');
    const repository = await openRepository(mine);
    await repository.commit({ paths: ['x.yaml'], message: 'Render' });
    await expect(
      repository.publish({ remote: { url: pathToFileURL(theirs).href }, branch: 'main' }),
    ).rejects.toMatchObject({
      hint: expect.stringContaining('bare repository'),
    });
  });

  it('a remote that is not there', async () => {
    const { mine } = await twoClones();
    const remote = { url: 'file:///nowhere/at-all.git' };
    const expected = {
      message: expect.stringContaining('no such repository'),
      hint: expect.stringContaining('git.url'),
    };
    const repository = await openRepository(mine);
    await expect(repository.publish({ remote, branch: 'main' })).rejects.toMatchObject(expected);
    await expect(repository.probe(remote)).rejects.toMatchObject(expected);
    await expect(repository.requirePushable({ remote, branch: 'main' })).rejects.toMatchObject(expected);
  });
});

describe('probing', () => {
  it('tells branches and the default branch, and changes nothing', async () => {
    const { mine } = await twoClones();
    const repository = await openRepository(mine);
    const head = await box.git(mine, 'rev-parse', 'HEAD');
    expect(await repository.probe({ url })).toEqual({ branches: new Map([['main', head]]), defaultBranch: 'main' });
    expect(await repository.probe({ url: pathToFileURL(await box.bare('empty.git')).href })).toEqual({
      branches: new Map(),
    });
    await repository.requirePushable({ remote: { url }, branch: 'new' });
    expect(await box.git(bare, 'for-each-ref', '--format=%(refname:short)')).toBe('main');
  });
});
