import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePublishSandbox, type PublishSandbox } from '../dev/testing/publish-sandbox.ts';
import type { PublishedForReview } from './remote.ts';
import { openRepository } from './repository.ts';

let box: PublishSandbox;
let bare: string;
let url: string;
let twoClones: PublishSandbox['twoClones'];
let someoneCommits: PublishSandbox['someoneCommits'];
beforeEach(async () => {
  box = await makePublishSandbox();
  ({ remote: bare, url, twoClones, someoneCommits } = box);
});
afterEach(() => box.remove());

describe('publishing for review', () => {
  const options = () => ({ remote: { url }, base: 'main', review: 'breakwater/a' });
  async function review(root: string, file: string, text = `${file}\n`): Promise<PublishedForReview> {
    await box.write(root, file, text);
    const repository = await openRepository(root);
    await repository.commit({ paths: [file], message: `Render ${file}` });
    return repository.publishForReview(options());
  }

  it('pushes to a branch of our own and leaves the base alone', async () => {
    const { mine } = await twoClones();
    const base = await box.git(bare, 'rev-parse', 'main');
    expect(await review(mine, 'clusters/a/y.yaml')).toMatchObject({ pushed: true, toReview: true });
    expect(await box.git(bare, 'rev-parse', 'main')).toBe(base);
    expect(await box.subjects(bare, 'main..breakwater/a')).toEqual(['Render clusters/a/y.yaml']);
  });

  it('pushes nothing a second time, but there is still something to review', async () => {
    const { mine } = await twoClones();
    const first = await review(mine, 'clusters/a/y.yaml');
    expect(await review(mine, 'clusters/a/y.yaml')).toEqual({ ...first, pushed: false });
  });

  it('is rebased onto the base when that moved', async () => {
    const { mine, theirs } = await twoClones();
    await review(mine, 'clusters/a/y.yaml');
    await someoneCommits(theirs, 'README.md', 'x\n', 'Foreign');
    expect(await review(mine, 'clusters/a/z.yaml')).toMatchObject({ pushed: true, foreign: ['Foreign'] });
    expect(await box.subjects(bare, 'main..breakwater/a')).toEqual([
      'Render clusters/a/z.yaml',
      'Render clusters/a/y.yaml',
    ]);
    const second = await review(mine, 'clusters/a/z.yaml');
    expect(second.pushed).toBe(false);
  });

  it('has nothing to push after the pull request was squashed into the base', async () => {
    const { mine, theirs } = await twoClones();
    await review(mine, 'clusters/a/y.yaml');
    await someoneCommits(theirs, 'clusters/a/y.yaml', 'clusters/a/y.yaml\n', 'Render (#1)');
    expect(await review(mine, 'clusters/a/y.yaml')).toEqual({
      commit: await box.git(bare, 'rev-parse', 'main'),
      pushed: false,
      foreign: ['Render (#1)'],
      toReview: false,
      base: await box.git(bare, 'rev-parse', 'main'),
    });
  });

  it('does not throw away commits that others put on our branch', async () => {
    const { mine, theirs } = await twoClones();
    await review(mine, 'clusters/a/y.yaml');
    await box.git(theirs, 'fetch', '--quiet');
    await box.git(theirs, 'switch', '--quiet', 'breakwater/a');
    await box.write(theirs, 'fix.txt', 'x\n');
    await box.git(theirs, 'add', '-A');
    await box.git(theirs, 'commit', '--quiet', '-m', 'Reviewer helps');
    await box.git(theirs, 'push', '--quiet');
    await expect(review(mine, 'clusters/a/z.yaml')).rejects.toMatchObject({
      message: expect.stringContaining('commits by others'),
      details: [expect.stringContaining('"Reviewer helps"')],
    });
    expect(await box.subjects(bare, 'main..breakwater/a')).toEqual(['Reviewer helps', 'Render clusters/a/y.yaml']);
  });

  it('needs a base', async () => {
    const root = await box.clone('mine');
    await expect(review(root, 'clusters/a/y.yaml')).rejects.toMatchObject({
      message: expect.stringContaining('no branch main'),
    });
  });
});
