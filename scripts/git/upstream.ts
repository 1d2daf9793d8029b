import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RunError } from '../report/errors.ts';
import { createGit, GitFailure } from './run.ts';

/** A folder of somebody else's repository at a tag. */
export interface UpstreamFolder {
  /** Git address, mirrors applied. */
  repository: string;
  /** Folder inside it that is needed. */
  path: string;
  /** Tag or branch. */
  revision: string;
  /** All of the repository comes, since kustomizations in it refer to each other; default: the folder with its neighbours. */
  whole?: boolean;
}

/**
 * Fetches a folder of an upstream repository, shallow and once: a later call finds it.
 *
 * @param cache where checkouts are kept, as `.breakwater/upstream`
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
    hint: 'See version and path in its upstream.yaml.',
  });
}

async function clone(checkout: string, { repository, path, revision, whole = false }: UpstreamFolder): Promise<void> {
  const temporary = `${checkout}.${process.pid}`;
  const parent = dirname(checkout);
  await mkdir(parent, { recursive: true });
  try {
    const sparse = whole ? [] : ['--filter', 'blob:none', '--sparse'];
    const options = ['--quiet', '--depth', '1', ...sparse, '--branch', revision];
    await createGit(parent)(['clone', ...options, '--', repository, temporary], { silence: 60_000 });
    // The folder's neighbours too: a kustomization may refer to them.
    if (!whole)
      await createGit(temporary)(['sparse-checkout', 'set', dirname(path) === '.' ? path : dirname(path)], {
        silence: 60_000,
      });
    await rename(temporary, checkout);
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    throw new RunError(`can't fetch ${repository} at ${revision}`, {
      details: error.message.split('\n').slice(-3),
      hint: 'Without a way to it, name a copy under mirrors.git in cluster.yaml.',
      cause: error,
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
