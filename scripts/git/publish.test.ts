import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Published } from './remote.ts';
import { openRepository } from './repository.ts';
import { makeSandbox, type Sandbox } from './sandbox.ts';

let box: Sandbox;
let bare: string;
let url: string;
beforeEach(async () => {
  box = await makeSandbox();
  bare = await box.bare('remote.git');
  url = pathToFileURL(bare).href;
});
afterEach(() => box.remove());

/** Writes one generated file, commits it and publishes. */
async function bootstrap(root: string, file: string, text = `${file}\n`, branch = 'main'): Promise<Published> {
  await box.write(root, file, text);
  const repository = await openRepository(root);
  await repository.commit({ paths: [file], message: `Render ${file}` });
  return repository.publish({ remote: { url }, branch });
}

/** A clone that somebody else works in; a first commit is on the remote. */
async function twoClones(): Promise<{ mine: string; theirs: string }> {
  const mine = await box.clone('mine');
  await bootstrap(mine, 'clusters/a/x.yaml');
  return { mine, theirs: await box.clone('theirs', bare) };
}

async function someoneCommits(root: string, file: string, text: string, subject: string): Promise<void> {
  await box.write(root, file, text);
  await box.git(root, 'add', '-A');
  await box.git(root, 'commit', '--quiet', '-m', subject);
  await box.git(root, 'push', '--quiet', 'origin', 'HEAD:main');
}

describe('publishing to a remote', () => {
  it('FL#634 FL#1014 without commits makes the first commit and the branch', async () => {
    const root = await box.clone('mine');
    const published = await bootstrap(root, 'clusters/a/x.yaml');
    expect(published).toEqual({ commit: await box.git(root, 'rev-parse', 'HEAD'), pushed: true, foreign: [] });
    expect(await box.git(bare, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
  });

  it('FL#928 with other branches but without this one makes the branch', async () => {
    const root = await box.clone('mine');
    await box.git(root, 'push', '--quiet', bare, 'HEAD:refs/heads/docs');
    await bootstrap(root, 'clusters/a/x.yaml');
    expect(await box.git(bare, 'for-each-ref', '--format=%(refname:short)')).toBe('docs\nmain');
  });

  it('FL#928 makes no main beside a master, but names the setting', async () => {
    const root = await box.clone('mine');
    await box.git(root, 'push', '--quiet', bare, 'HEAD:refs/heads/master');
    await expect(bootstrap(root, 'clusters/a/x.yaml')).rejects.toMatchObject({
      hint: expect.stringContaining('git.branch: master'),
    });
    expect(await box.git(bare, 'for-each-ref', '--format=%(refname:short)')).toBe('master');
  });

  it('goes to the configured branch from a local branch of another name', async () => {
    const root = await box.clone('mine');
    await box.git(root, 'branch', '-m', 'trunk');
    await bootstrap(root, 'clusters/a/x.yaml');
    await someoneCommits(await box.clone('theirs', bare), 'README.md', 'x\n', 'Foreign');
    await bootstrap(root, 'clusters/a/y.yaml');
    expect(await box.git(bare, 'for-each-ref', '--format=%(refname:short)')).toBe('main');
    expect(await box.subjects(bare, 'main')).toEqual([
      'Render clusters/a/y.yaml',
      'Foreign',
      'Render clusters/a/x.yaml',
      'Start',
    ]);
    expect(await box.git(root, 'branch', '--show-current')).toBe('trunk');
  });

  it("does not publish a person's work from a side branch by the way", async () => {
    const { mine } = await twoClones();
    await box.git(mine, 'switch', '--quiet', '-c', 'experiment');
    await box.write(mine, 'half-done.txt', 'x\n');
    await box.git(mine, 'add', '-A');
    await box.git(mine, 'commit', '--quiet', '-m', 'Half done');
    await expect(bootstrap(mine, 'clusters/a/y.yaml')).rejects.toMatchObject({
      message: expect.stringContaining('experiment'),
      details: [expect.stringContaining('"Half done" by Test Person')],
    });
  });

  it('redhat-developer/kam#212 goes to the URL; a stale origin and all settings stay as they are', async () => {
    const root = await box.clone('mine');
    await box.git(root, 'remote', 'add', 'origin', 'https://stale.invalid/old.git');
    const config = await readFile(path.join(root, '.git', 'config'), 'utf8');
    await bootstrap(root, 'clusters/a/x.yaml');
    expect(await readFile(path.join(root, '.git', 'config'), 'utf8')).toBe(config);
    expect(await box.subjects(bare, 'main')).toEqual(['Render clusters/a/x.yaml', 'Start']);
  });

  it('AP#26 AP#203 pushes nothing when the remote is current', async () => {
    const { mine } = await twoClones();
    await box.hook(bare, 'pre-receive', 'exit 1');
    expect(await bootstrap(mine, 'clusters/a/x.yaml')).toMatchObject({ pushed: false, foreign: [] });
  });

  it('works from a shallow clone', async () => {
    const { theirs } = await twoClones();
    await box.git(box.folder, 'clone', '--quiet', '--depth=1', url, 'shallow');
    await someoneCommits(theirs, 'README.md', 'x\n', 'Foreign');
    expect(await bootstrap(path.join(box.folder, 'shallow'), 'clusters/b/x.yaml')).toMatchObject({
      foreign: ['Foreign'],
    });
    expect(await box.subjects(bare, 'main')).toEqual([
      'Render clusters/b/x.yaml',
      'Foreign',
      'Render clusters/a/x.yaml',
      'Start',
    ]);
  });

  it('does not take tags along, whatever push.followTags says', async () => {
    const root = await box.clone('mine');
    await box.git(root, 'config', 'push.followTags', 'true');
    await box.git(root, 'tag', '-a', '-m', 'x', 'v1');
    await bootstrap(root, 'clusters/a/x.yaml');
    expect(await box.git(bare, 'tag')).toBe('');
  });
});

describe('when others have pushed meanwhile', () => {
  it('our commits go on top of theirs, and the local branch follows', async () => {
    const { mine, theirs } = await twoClones();
    await someoneCommits(theirs, 'infrastructure/dex/values.yaml', 'x: 1\n', 'Raise Dex');
    const published = await bootstrap(mine, 'clusters/a/y.yaml');
    expect(published).toEqual({
      commit: await box.git(mine, 'rev-parse', 'HEAD'),
      pushed: true,
      foreign: ['Raise Dex'],
    });
    expect(await box.subjects(bare, 'main')).toEqual([
      'Render clusters/a/y.yaml',
      'Raise Dex',
      'Render clusters/a/x.yaml',
      'Start',
    ]);
    expect(await box.git(mine, 'branch', '--show-current')).toBe('main');
    expect(await box.git(mine, 'status', '--porcelain')).toBe('');
    expect(await readFile(path.join(mine, 'infrastructure/dex/values.yaml'), 'utf8')).toBe('x: 1\n');
  });

  it('author, date and message of our commits stay', async () => {
    const { mine, theirs } = await twoClones();
    await box.write(mine, 'note.txt', 'x\n');
    await box.git(mine, 'add', '-A');
    const message = 'Überschrift\n\nBody: with a colon\n\n- list\n';
    await box.git(
      mine,
      'commit',
      '--quiet',
      '--author=Ännchen <a@x>',
      '--date=2001-02-03T04:05:06+0730',
      '-m',
      message,
    );
    const format = '--format=%an|%ae|%ad|%B';
    const before = await box.git(mine, 'log', '-1', format);
    await someoneCommits(theirs, 'README.md', 'x\n', 'Foreign');
    await (await openRepository(mine)).publish({ remote: { url }, branch: 'main' });
    expect(await box.git(bare, 'log', '-1', format, 'main')).toBe(before);
    expect(await box.subjects(bare, 'main~1')).toContain('Foreign');
  });

  it('what the user has staged, changed and not added stays as it is', async () => {
    const { mine, theirs } = await twoClones();
    await someoneCommits(theirs, 'infrastructure/dex/values.yaml', 'x: 1\n', 'Raise Dex');
    await box.write(mine, 'staged.txt', 'staged\n');
    await box.git(mine, 'add', 'staged.txt');
    await box.write(mine, 'README.md', 'changed\n');
    await box.write(mine, 'untracked.txt', 'untracked\n');
    expect((await bootstrap(mine, 'clusters/a/y.yaml')).localBehind).toBeUndefined();
    expect((await box.git(mine, 'status', '--porcelain')).split('\n')).toEqual([
      'M README.md',
      'A  staged.txt',
      '?? untracked.txt',
    ]);
    expect(await readFile(path.join(mine, 'README.md'), 'utf8')).toBe('changed\n');
  });

  it.each([
    { what: 'changed', prepare: (root: string) => box.write(root, 'README.md', 'mine\n'), file: 'README.md' },
    { what: 'not added', prepare: (root: string) => box.write(root, 'new.txt', 'mine\n'), file: 'new.txt' },
    {
      what: 'ignored',
      prepare: async (root: string) => {
        await writeFile(path.join(root, '.git', 'info', 'exclude'), 'new.txt\n');
        await box.write(root, 'new.txt', 'mine\n');
      },
      file: 'new.txt',
    },
  ])(
    'a file that they brought and the user has $what is not touched: the branch stays, and that is said',
    async (kind) => {
      const { mine, theirs } = await twoClones();
      await someoneCommits(theirs, kind.file, 'theirs\n', 'Foreign');
      await kind.prepare(mine);
      const published = await bootstrap(mine, 'clusters/a/y.yaml');
      expect(published).toMatchObject({
        pushed: true,
        foreign: ['Foreign'],
        localBehind: expect.stringContaining(kind.file),
      });
      expect(await readFile(path.join(mine, kind.file), 'utf8')).toBe('mine\n');
      expect(await box.subjects(mine)).toEqual(['Render clusters/a/y.yaml', 'Render clusters/a/x.yaml', 'Start']);
      expect(await box.subjects(bare, 'main')).toHaveLength(4);
      const again = await (await openRepository(mine)).publish({ remote: { url }, branch: 'main' });
      expect(again.pushed).toBe(false);
      expect(await box.subjects(bare, 'main')).toHaveLength(4);
    },
  );

  it('conflicts are named, and nothing is lost or half-done', async () => {
    const { mine, theirs } = await twoClones();
    await someoneCommits(theirs, 'clusters/a/x.yaml', 'theirs\n', 'Foreign');
    await expect(bootstrap(mine, 'clusters/a/x.yaml', 'mine\n')).rejects.toMatchObject({
      name: 'RunError',
      details: ['clusters/a/x.yaml has conflicts'],
      hint: expect.stringContaining('git pull --rebase'),
    });
    expect(await box.subjects(mine)).toEqual(['Render clusters/a/x.yaml', 'Render clusters/a/x.yaml', 'Start']);
    expect(await readFile(path.join(mine, 'clusters/a/x.yaml'), 'utf8')).toBe('mine\n');
    expect(await box.git(mine, 'status', '--porcelain')).toBe('');
    expect(await box.git(mine, 'worktree', 'list', '--porcelain')).not.toMatch(/prunable|breakwater\//);
  });

  it('a commit that they have too is not made twice, and the local branch follows', async () => {
    const { mine, theirs } = await twoClones();
    await box.write(mine, 'clusters/a/y.yaml', 'same\n');
    await (await openRepository(mine)).commit({ paths: ['clusters/a/y.yaml'], message: 'Render' });
    await someoneCommits(theirs, 'clusters/a/y.yaml', 'same\n', 'Rendered by CI');
    const published = await (await openRepository(mine)).publish({ remote: { url }, branch: 'main' });
    expect(published).toMatchObject({ pushed: false, foreign: ['Rendered by CI'] });
    expect(await box.subjects(mine)).toEqual(['Rendered by CI', 'Render clusters/a/x.yaml', 'Start']);
  });

  it('a branch that is only behind follows', async () => {
    const { mine, theirs } = await twoClones();
    await someoneCommits(theirs, 'README.md', 'theirs\n', 'Foreign');
    const published = await (await openRepository(mine)).publish({ remote: { url }, branch: 'main' });
    expect(published).toMatchObject({ pushed: false, foreign: ['Foreign'] });
    expect(await box.subjects(mine)).toEqual(['Foreign', 'Render clusters/a/x.yaml', 'Start']);
  });

  it('a merge of the user is not taken apart', async () => {
    const { mine, theirs } = await twoClones();
    await box.git(mine, 'switch', '--quiet', '-c', 'side');
    await box.write(mine, 'side.txt', 'x\n');
    await box.git(mine, 'add', '-A');
    await box.git(mine, 'commit', '--quiet', '-m', 'Side');
    await box.git(mine, 'switch', '--quiet', 'main');
    await box.git(mine, 'merge', '--quiet', '--no-ff', '--no-edit', 'side');
    await someoneCommits(theirs, 'README.md', 'theirs\n', 'Foreign');
    await expect(bootstrap(mine, 'clusters/a/y.yaml')).rejects.toMatchObject({
      message: expect.stringContaining('merge'),
    });
  });

  it('a history without a common commit is not joined', async () => {
    await twoClones();
    const other = await box.clone('other');
    await box.git(other, 'commit', '--quiet', '--amend', '-m', 'Another start');
    await expect(bootstrap(other, 'clusters/b/x.yaml')).rejects.toMatchObject({
      message: expect.stringContaining('no commit in common'),
    });
  });

  it('signed commits are signed again', async () => {
    const { mine, theirs } = await twoClones();
    await box.signCommits(mine);
    await someoneCommits(theirs, 'README.md', 'theirs\n', 'Foreign');
    await bootstrap(mine, 'clusters/a/y.yaml');
    expect(await box.git(bare, 'cat-file', 'commit', 'main')).toContain('-----BEGIN SSH SIGNATURE-----');
  });
});

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
    await box.hook(mine, 'pre-push', 'echo "tests are red" >&2; exit 1');
    await expect(bootstrap(mine, 'clusters/a/y.yaml')).rejects.toMatchObject({
      message: expect.stringContaining('pre-push hook'),
      details: expect.arrayContaining(['tests are red']),
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

describe('publishing for review', () => {
  const options = () => ({ remote: { url }, base: 'main', review: 'breakwater/a' });
  async function review(root: string, file: string, text = `${file}\n`): Promise<Published> {
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

  it('goes on top of the base when that moved', async () => {
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
      message: expect.stringContaining('commits of others'),
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
