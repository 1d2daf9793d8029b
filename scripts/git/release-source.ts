import { existsSync } from 'node:fs';
import path from 'node:path';
import { RunError, UsageError } from '../report/errors.ts';
import { withRemote } from './connect.ts';
import { remoteError } from './remote-failures.ts';
import { createGit, type Git, orUndefined } from './run.ts';

/** The repository with the releases. */
export interface ReleaseSource {
  /** URL or absolute path. */
  url: string;
  /** What another clone can use: the URL as it was given, without credentials. Absent for a path. */
  address: string | undefined;
  /** The commit of each tag. */
  tags: ReadonlyMap<string, string>;
}

/**
 * Asks a repository for its tags.
 *
 * @param root the user's repository, with its git settings and remotes
 * @param from URL, path relative to the root, or name of a remote
 * @param silence milliseconds without an answer after which it is given up
 * @throws UsageError for an invalid address; RunError when it cannot be read
 */
export async function readReleaseSource(root: string, from: string, silence?: number): Promise<ReleaseSource> {
  const git = createGit(root);
  if (from === '' || from.startsWith('-'))
    throw new UsageError(`${JSON.stringify(from)} is not the address of a repository`);
  const named = (await git((it) => it.listRemote(['--get-url', '--', from]))).trim();
  // A path is relative to the root, wherever git is started.
  const url = existsSync(path.resolve(root, named)) ? path.resolve(root, named) : named;
  if (/^[a-z+]+:\/\/[^/@]*:[^/@]*@/i.test(url)) {
    throw new UsageError('the address contains a password, which other users of this machine could see', {
      hint: 'Remove the credentials from the address, and keep them in a git credential helper (git help credentials).',
    });
  }
  const listed = await withRemote(
    git,
    { url },
    (options) => git((it) => it.listRemote(['--tags', '--', url]), options),
    silence,
  ).catch((error: unknown) => {
    throw sourceError(error, url);
  });
  const tags = new Map<string, string>();
  // An annotated tag comes twice; the second line, with ^{}, has its commit.
  for (const line of listed.split('\n')) {
    const [, commit, tag] = /^([0-9a-f]+)\trefs\/tags\/(.+?)(\^\{\})?$/.exec(line) ?? [];
    if (commit !== undefined && tag !== undefined) tags.set(tag, commit);
  }
  return { url, tags, address: await sharedAddress(git, from) };
}

async function sharedAddress(git: Git, from: string): Promise<string | undefined> {
  const address = (await configured(git, `remote.${from}.url`)) ?? from;
  const isUrl = /^(https?|ssh|git):\/\//i.test(address) || /^[\w.-]+@[\w.-]+:/.test(address);
  return isUrl ? address.replace(/^(https?:\/\/)[^/@]*@/i, '$1') : undefined;
}

/** @returns a setting of git; undefined if it is not set */
async function configured(git: Git, key: string): Promise<string | undefined> {
  return (await orUndefined(git.raw(['config', '--get', key])))?.trim();
}

/** @returns true if the repository has a remote of that name */
export async function hasRemote(root: string, name: string): Promise<boolean> {
  return (await configured(createGit(root), `remote.${name}.url`)) !== undefined;
}

/**
 * Fetches tags with their history into an object folder. The user's repository gets neither objects nor refs.
 *
 * @param objects the object folder, with the root's as an alternate
 */
export async function fetchTags(
  root: string,
  { url }: ReleaseSource,
  tags: readonly string[],
  objects: string,
): Promise<void> {
  const git = createGit(root);
  const quiet = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance', '--no-recurse-submodules'];
  const refs = tags.map((tag) => `refs/tags/${tag}`);
  await withRemote(git, { url }, (options) =>
    git((it) => it.fetch([...quiet, '--refmap=', '--', url, ...refs]), {
      ...options,
      extra: { ...options.extra, GIT_OBJECT_DIRECTORY: objects },
    }),
  ).catch((error: unknown) => {
    throw sourceError(error, url);
  });
}

/** The usual hints name git.url, which is another repository. */
function sourceError(error: unknown, url: string): unknown {
  const known = remoteError(error, { url }, 'read');
  if (!(known instanceof RunError)) return known;
  return new RunError(known.message, {
    details: known.details,
    hint: 'Nothing was changed. Check the spelling of --from, and that git can read it: git ls-remote --tags ADDRESS',
    cause: error,
  });
}
