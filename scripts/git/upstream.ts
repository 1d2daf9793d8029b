import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RunError } from '../report/errors.ts';
import { createGit, GitFailure } from './run.ts';

/** A remote that says nothing for a minute is given up. */
const patience = { silence: 60_000 };

/** A folder of another project's repository at a tag or commit. */
export interface UpstreamFolder {
  /** Git address, mirrors applied. */
  repository: string;
  /** Folder inside it that is needed. */
  path: string;
  /** Tag, branch, or a whole commit. */
  revision: string;
  /** Fetch the whole repository, because its kustomizations refer to each other. Default: the folder with its neighbours. */
  whole?: boolean;
}

/**
 * Fetches a folder of an upstream repository, shallow and once: a later call reuses it.
 *
 * @param cache folder for checkouts, as `.breakwater/upstream`
 * @returns absolute path of the checkout, which has at least the folder and its neighbours
 * @throws RunError when it cannot be reached, or has no such revision or folder
 */
export async function fetchUpstream(cache: string, upstream: UpstreamFolder): Promise<string> {
  const { repository, path, revision } = upstream;
  const name = `${repository.replaceAll(/[^A-Za-z0-9._-]+/g, '_')}@${revision.replaceAll('/', '_')}`;
  const checkout = join(cache, upstream.whole === true ? `${name}.whole` : name);
  if (!existsSync(checkout)) await clone(checkout, upstream);
  if (existsSync(join(checkout, path))) return checkout;
  throw new RunError(`${repository} has no folder ${path} at ${revision}`, {
    hint: 'Check version and path in its upstream.yaml.',
  });
}

/**
 * Asks a repository for a tag.
 *
 * @returns the tag's commit; undefined when the tag does not exist
 * @throws RunError when the repository cannot be read
 */
export async function tagCommit(repository: string, tag: string): Promise<string | undefined> {
  const ref = `refs/tags/${tag}`;
  try {
    const listed = await createGit('.', patience)((it) => it.listRemote(['--', repository, ref, `${ref}^{}`]));
    const commits = new Map(listed.split('\n').map((line) => [line.split('\t')[1], line.split('\t')[0]]));
    // An annotated tag is an object of its own.
    return commits.get(`${ref}^{}`) ?? commits.get(ref);
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    throw unreachable(repository, tag, error);
  }
}

async function clone(checkout: string, { repository, path, revision, whole = false }: UpstreamFolder): Promise<void> {
  const temporary = `${checkout}.${process.pid}`;
  const parent = dirname(checkout);
  await mkdir(parent, { recursive: true });
  try {
    await createGit(parent)((it) => it.init(false, ['--quiet', '--', temporary]));
    const git = createGit(temporary, patience);
    await git((it) => it.addRemote('origin', repository, ['--']));
    if (!whole) {
      // git fetches the rest when it is needed.
      await git((it) => it.addConfig('remote.origin.promisor', 'true'));
      await git((it) => it.addConfig('remote.origin.partialclonefilter', 'blob:none'));
      // With the folder's neighbours: a kustomization may refer to them.
      await git.raw(['sparse-checkout', 'set', dirname(path) === '.' ? path : dirname(path)]);
    }
    // A clone takes only tags and branches by name; fetch takes a commit, too.
    const filter = whole ? [] : ['--filter', 'blob:none'];
    await git((it) => it.fetch('origin', revision, ['--quiet', '--depth', '1', ...filter]));
    await git((it) => it.checkout(['--quiet', '--detach', 'FETCH_HEAD']));
    await rename(temporary, checkout);
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    throw unreachable(repository, revision, error);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function unreachable(repository: string, revision: string, cause: GitFailure): RunError {
  return new RunError(`cannot fetch ${repository} at ${revision}`, {
    details: cause.message.split('\n').slice(-3),
    hint: 'If this machine cannot reach it, set a mirror under mirrors.git in cluster.yaml.',
    cause,
  });
}
