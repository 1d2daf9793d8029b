import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePublishSandbox, type PublishSandbox } from '../dev/testing/publish-sandbox.ts';
import { openRepository } from './repository.ts';

let box: PublishSandbox;
let bare: string;
let url: string;
let bootstrap: PublishSandbox['bootstrap'];
let twoClones: PublishSandbox['twoClones'];
let someoneCommits: PublishSandbox['someoneCommits'];
beforeEach(async () => {
  box = await makePublishSandbox();
  ({ remote: bare, url, bootstrap, twoClones, someoneCommits } = box);
});
afterEach(() => box.remove());

describe('publishing to a remote', () => {
  it('moves the remote-tracking branch, as git push does, of remotes with that address only', async () => {
    const root = await box.clone('mine');
    await box.git(root, 'remote', 'add', 'origin', bare);
    await box.git(root, 'remote', 'add', 'other', '/elsewhere.git');
    await box.git(root, 'update-ref', 'refs/remotes/other/main', 'HEAD');
    const before = await box.git(root, 'rev-parse', 'HEAD');
    await bootstrap(root, 'clusters/a/x.yaml');
    expect(await box.git(root, 'rev-parse', 'origin/main')).toBe(await box.git(root, 'rev-parse', 'HEAD'));
    expect(await box.git(root, 'rev-parse', 'other/main')).toBe(before);
  });

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
