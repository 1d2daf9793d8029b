import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
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

describe('a commit', () => {
  it('has just the given paths, and the message with our trailer', async () => {
    await box.write(root, file, 'a\n');
    await box.write(root, 'notes.txt', 'mine\n');
    const repository = await openRepository(root);
    const made = await repository.commit({ paths: [file, other], message });
    expect(made).toEqual({ commit: await box.git(root, 'rev-parse', 'HEAD') });
    expect(await box.git(root, 'show', '--name-only', '--format=%B', 'HEAD')).toBe(
      `Render demo\n\nBecause it changed.\n\nGenerated-by: Breakwater\n\n\n${file}`,
    );
    expect(await box.git(root, 'status', '--porcelain')).toBe('?? notes.txt');
  });

  it('leaves out what the user has staged, changed and added elsewhere, and leaves it staged', async () => {
    await box.write(root, 'staged.txt', 'staged\n');
    await box.git(root, 'add', 'staged.txt');
    await box.write(root, 'staged.txt', 'staged, then changed\n');
    await box.write(root, 'README.md', 'changed\n');
    await box.write(root, file, 'a\n');
    await (await openRepository(root)).commit({ paths: [file], message });
    expect(await box.git(root, 'show', '--name-only', '--format=', 'HEAD')).toBe(file);
    expect((await box.git(root, 'status', '--porcelain')).split('\n')).toEqual(['M README.md', 'AM staged.txt']);
  });

  it('takes absent files as deletions', async () => {
    const repository = await openRepository(root);
    await box.write(root, file, 'a\n');
    await box.write(root, other, 'b\n');
    await repository.commit({ paths: [file, other], message });
    await rm(path.join(root, file));
    await repository.commit({ paths: [file, other], message });
    expect(await box.git(root, 'show', '--name-status', '--format=', 'HEAD')).toBe(`D\t${file}`);
    expect(await box.git(root, 'status', '--porcelain')).toBe('');
  });

  it('is not made when nothing changed', async () => {
    const repository = await openRepository(root);
    await box.write(root, file, 'a\n');
    await repository.commit({ paths: [file], message });
    const before = await box.snapshot(root);
    expect(await repository.commit({ paths: [file, 'clusters/demo/never-there.yaml'], message })).toBe('nothing');
    expect(await box.snapshot(root)).toBe(before);
  });

  it('is not made when only the index differs from HEAD and the file does not', async () => {
    const repository = await openRepository(root);
    await box.write(root, file, 'a\n');
    await repository.commit({ paths: [file], message });
    await box.git(root, 'rm', '--quiet', '--cached', file);
    expect(await repository.commit({ paths: [file], message })).toBe('nothing');
  });

  it('has generated files that an ignore rule of the user hides', async () => {
    await box.write(root, '.gitignore', '*.yaml\n');
    await box.write(root, file, 'a\n');
    const repository = await openRepository(root);
    expect(await repository.dirty([file])).toEqual([{ path: file, staged: false, unstaged: true }]);
    expect(await repository.commit({ paths: [file], message })).not.toBe('nothing');
  });

  it('is the first one in a repository without commits', async () => {
    const place = path.join(box.folder, 'unborn');
    await box.git(box.folder, 'init', '--quiet', 'unborn');
    await box.write(place, file, 'a\n');
    const repository = await openRepository(place);
    expect(await repository.headText([file])).toEqual(new Map());
    await repository.commit({ paths: [file], message });
    expect(await box.subjects(place)).toEqual(['Render demo']);
    expect(await repository.headText([file])).toEqual(new Map([[file, 'a\n']]));
  });

  it('is made in a linked work tree', async () => {
    const place = path.join(box.folder, 'linked');
    await box.git(root, 'worktree', 'add', '--quiet', '-b', 'side', place);
    await box.write(place, file, 'a\n');
    await (await openRepository(place)).commit({ paths: [file], message });
    expect(await box.subjects(place)).toEqual(['Render demo', 'Start']);
    expect(await box.git(place, 'status', '--porcelain')).toBe('');
  });

  it('is the same when a hook of another repository started us', async () => {
    await box.write(root, file, 'a\n');
    Object.assign(process.env, { GIT_DIR: '/nowhere', GIT_INDEX_FILE: '/nowhere/index' });
    const made = await (await openRepository(root)).commit({ paths: [file], message });
    delete process.env.GIT_DIR;
    delete process.env.GIT_INDEX_FILE;
    expect(made).toEqual({ commit: await box.git(root, 'rev-parse', 'HEAD') });
  });

  it('does not wait for a process that a hook leaves behind', async () => {
    const left = path.join(root, '.git', 'left-behind');
    await box.hook(root, 'post-commit', `sleep 600 & echo $! >.git/left-behind`);
    await box.write(root, file, 'a\n');
    expect(await (await openRepository(root)).commit({ paths: [file], message })).not.toBe('nothing');
    process.kill(Number(await readFile(left, 'utf8')));
  });

  it('does not hand simple-git test switches on to hooks', async () => {
    await box.hook(root, 'pre-commit', 'git branch --show-curren >/dev/null');
    await box.write(root, file, 'a\n');
    expect(await (await openRepository(root)).commit({ paths: [file], message })).not.toBe('nothing');
  });
});

describe('the settings of the user', () => {
  it('FL#1774 FL#4519 sign the commit with an SSH key', async () => {
    await box.signCommits(root);
    await box.write(root, file, 'a\n');
    await (await openRepository(root)).commit({ paths: [file], message });
    expect(await box.git(root, 'cat-file', 'commit', 'HEAD')).toContain('-----BEGIN SSH SIGNATURE-----');
  });

  it('give the identity by variables too', async () => {
    await writeFile(path.join(box.folder, 'gitconfig'), '');
    const identity = {
      GIT_AUTHOR_NAME: 'A',
      GIT_AUTHOR_EMAIL: 'a@x',
      GIT_COMMITTER_NAME: 'C',
      GIT_COMMITTER_EMAIL: 'c@x',
    };
    Object.assign(process.env, identity);
    await box.write(root, file, 'a\n');
    const made = await (await openRepository(root)).commit({ paths: [file], message });
    for (const name of Object.keys(identity)) delete process.env[name];
    expect(made).not.toBe('nothing');
    expect(await box.git(root, 'log', '-1', '--format=%an %ae %cn %ce')).toBe('A a@x C c@x');
  });

  it('name the folder of hooks', async () => {
    const hooks = path.join(box.folder, 'own hooks');
    await mkdir(hooks);
    await writeFile(path.join(hooks, 'pre-commit'), '#!/bin/sh\necho from-own-hooks >&2\nexit 1\n');
    await chmod(path.join(hooks, 'pre-commit'), 0o755);
    await box.git(root, 'config', 'core.hooksPath', hooks);
    await box.write(root, file, 'a\n');
    await expect((await openRepository(root)).commit({ paths: [file], message })).rejects.toMatchObject({
      details: expect.arrayContaining(['from-own-hooks']),
    });
  });
});

describe('the repository', () => {
  it('tells texts of HEAD and of the index, and which paths are dirty', async () => {
    const repository = await openRepository(root);
    await box.write(root, file, 'one ü\n');
    await repository.commit({ paths: [file], message });
    await box.write(root, file, 'two\n');
    await box.git(root, 'add', '--all');
    await box.write(root, file, 'three\n');
    expect(await repository.headText([file, 'absent', 'clusters', 'README.md'])).toEqual(
      new Map([
        [file, 'one ü\n'],
        ['README.md', 'Hello\n'],
      ]),
    );
    expect(await repository.stagedText([file])).toEqual(new Map([[file, 'two\n']]));
    expect(await repository.dirty([file, 'README.md'])).toEqual([{ path: file, staged: true, unstaged: true }]);
    expect(await readFile(path.join(root, file), 'utf8')).toBe('three\n');
  });

  it('must be one, and the folder must be its root', async () => {
    await mkdir(path.join(box.folder, 'plain'));
    await expect(openRepository(path.join(box.folder, 'plain'))).rejects.toMatchObject({
      message: expect.stringContaining('not a git repository'),
      hint: expect.stringContaining('git init'),
    });
    await mkdir(path.join(root, 'sub'));
    await expect(openRepository(path.join(root, 'sub'))).rejects.toMatchObject({
      message: expect.stringContaining('is inside the repository'),
    });
    await expect(openRepository(await box.bare('bare.git'))).rejects.toMatchObject({
      message: expect.stringContaining('bare'),
    });
  });

  it('reports its state', async () => {
    const repository = await openRepository(root);
    expect(await repository.state()).toEqual({
      branch: 'main',
      head: await box.git(root, 'rev-parse', 'HEAD'),
      shallow: false,
      identity: true,
      conflicts: [],
    });
    await box.git(root, 'switch', '--quiet', '-c', 'side');
    await box.write(root, 'README.md', 'side\n');
    await box.git(root, 'commit', '--quiet', '-a', '-m', 'Side');
    await box.git(root, 'switch', '--quiet', 'main');
    await box.write(root, 'README.md', 'main\n');
    await box.git(root, 'commit', '--quiet', '-a', '-m', 'Main');
    await box.git(root, 'merge', 'side').catch(() => undefined);
    expect(await repository.state()).toMatchObject({ unfinished: 'merge', conflicts: ['README.md'] });
    await expect(repository.requireCommittable()).rejects.toMatchObject({ details: ['README.md has conflicts'] });
  });
});
