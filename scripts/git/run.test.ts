import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { createGit, GitFailure, orUndefined } from './run.ts';

const git = createGit(tmpdir());
const searchPath = process.env.PATH;
afterEach(() => {
  process.env.PATH = searchPath;
});

describe('running git', () => {
  it('fails on an exit code other than 0, also when nothing is said', async () => {
    const differing = git.raw(['diff', '--no-index', '--quiet', '/dev/null', process.execPath]);
    await expect(differing).rejects.toBeInstanceOf(GitFailure);
    await expect(differing).rejects.toMatchObject({ exitCode: 1, stderr: '' });
    expect(await orUndefined(differing)).toBeUndefined();
    await expect(orUndefined(differing, [128])).rejects.toBeInstanceOf(GitFailure);
  });

  it('gives text to its standard input', async () => {
    expect(await git.raw(['hash-object', '--stdin'], { input: 'hi\n' })).toBe(
      '45b983be36b73c0788dc9cbcb76cbb80fc7bb057\n',
    );
  });

  it('says that git is absent', async () => {
    process.env.PATH = '/nowhere';
    await expect(git.raw(['version'])).rejects.toMatchObject({
      name: 'RunError',
      hint: expect.stringContaining('Install git'),
    });
  });
});
