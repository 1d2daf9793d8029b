import { join } from 'node:path';
import type { Cluster } from '../config/cluster.ts';
import { listClusters } from '../config/load.ts';
import { type Base, checkOutBase, findBase } from '../git/base.ts';
import { openRepository } from '../git/repository.ts';
import { RunError } from '../report/errors.ts';
import type { CheckFinding } from './check-cluster.ts';
import { treeFolders, usualBase } from './compare-with-base.ts';
import { checkRemovals, crdsAmong } from './removals.ts';
import { readSide, renderPair } from './render-side.ts';

/** The deletions of a change. */
export interface RemovalsChecked {
  /** What the work tree was compared with; undefined where there is nothing to compare with. */
  base: Base | undefined;
  findings: CheckFinding[];
}

/**
 * Finds the deletions in the work tree since a base.
 *
 * @param named the user's base; undefined: the usual one, if it exists
 * @param rendered true: charts are rendered, to find CRDs that a new version dropped
 * @throws UsageError when the named base does not exist; RunError in a shallow clone without the history
 */
export async function compareRemovals(
  root: string,
  clusters: readonly Cluster[],
  named: string | undefined,
  rendered: boolean,
): Promise<RemovalsChecked> {
  const base = await baseOf(root, clusters, named);
  if (base === undefined) return { base, findings: await checkRemovals(root, root, clusters) };
  const files = await checkOutBase(root, base.commit, treeFolders);
  try {
    const crds = rendered ? await renderedCrds(root, files.folder, clusters) : undefined;
    return { base, findings: await checkRemovals(files.folder, root, clusters, crds) };
  } finally {
    await files.remove();
  }
}

async function baseOf(
  root: string,
  clusters: readonly Cluster[],
  named: string | undefined,
): Promise<Base | undefined> {
  try {
    await openRepository(root);
  } catch (error) {
    // Checking needs no repository: a downloaded archive is checked, too.
    if (named === undefined && error instanceof RunError) return undefined;
    throw error;
  }
  return await findBase(root, named, usualBase(clusters));
}

/** CRDs of charts that differ between the states: others cannot have gone. */
async function renderedCrds(root: string, base: string, clusters: readonly Cluster[]) {
  const [before, after] = [new Map<string, Set<string>>(), new Map<string, Set<string>>()];
  const there = new Set(listClusters(base));
  for (const { name } of clusters) {
    if (!there.has(name)) continue;
    const pair = await renderPair(join(root, '.breakwater'), await readSide(base, name), await readSide(root, name));
    const crds = (side: typeof pair.before) =>
      new Set(crdsAmong(side.flatMap(({ objects }) => objects.map(({ object }) => object))));
    before.set(name, crds(pair.before));
    after.set(name, crds(pair.after));
  }
  return { before, after };
}
