import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitIn } from '../dev/testing/git-in.ts';
import { fetchUpstream, tagCommit } from './upstream.ts';

let place: string;
let repository: string;
const git = (...words: string[]) => gitIn(join(place, 'origin'), { author: 'a' })(...words);

/** Commits a text as deploy/file.yaml. @returns the commit */
function commit(text: string): string {
  mkdirSync(join(place, 'origin/deploy'), { recursive: true });
  writeFileSync(join(place, 'origin/deploy/file.yaml'), text);
  git('add', '--all');
  git('commit', '--quiet', '--message', text);
  return git('rev-parse', 'HEAD');
}

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'breakwater-upstream-'));
  mkdirSync(join(place, 'origin'));
  git('init', '--quiet', '--initial-branch=main');
  repository = pathToFileURL(join(place, 'origin')).href;
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

async function fetched(revision: string, whole: boolean): Promise<string> {
  const cache = join(place, 'cache');
  const checkout = await fetchUpstream(cache, { repository, path: 'deploy', revision, whole });
  return readFileSync(join(checkout, 'deploy/file.yaml'), 'utf8');
}

describe.each([false, true])('an upstream (whole: %s)', (whole) => {
  it('is fetched by its tag, or by a commit that the tag has left', async () => {
    const first = commit('first');
    git('tag', 'v1');
    commit('second');
    git('tag', '--force', 'v1');
    expect(await fetched('v1', whole)).toBe('second');
    expect(await fetched(first, whole)).toBe('first');
  });

  it('says what it cannot fetch, and leaves nothing behind', async () => {
    commit('first');
    const none = '0'.repeat(40);
    await expect(fetched(none, whole)).rejects.toThrow(`cannot fetch ${repository} at ${none}`);
    await expect(fetched('v9', whole)).rejects.toThrow(`cannot fetch ${repository} at v9`);
    expect(readdirSync(join(place, 'cache'))).toEqual([]);
  });
});

describe('the commit of a tag', () => {
  it('is that of a plain tag, and of an annotated one', async () => {
    const first = commit('first');
    git('tag', 'plain');
    git('tag', '--annotate', '--message', 'x', 'annotated');
    expect(await tagCommit(repository, 'plain')).toBe(first);
    expect(await tagCommit(repository, 'annotated')).toBe(first);
  });

  it('is not a branch of that name, nor a tag that only ends like it', async () => {
    commit('first');
    git('tag', 'x/refs/tags/v1');
    git('branch', 'v1');
    expect(await tagCommit(repository, 'v1')).toBeUndefined();
  });

  it('is an error where there is no repository', async () => {
    await expect(tagCommit(pathToFileURL(join(place, 'none')).href, 'v1')).rejects.toThrow('cannot fetch');
  });
});
