import { join } from 'node:path';
import type { Cluster } from '../config/cluster.ts';
import { listClusters } from '../config/load.ts';
import { compare } from '../diff/compare.ts';
import type { ClusterDifference } from '../diff/summary.ts';
import { type Base, checkOutBase, findBase } from '../git/base.ts';
import { openRepository } from '../git/repository.ts';
import { count } from '../report/count.ts';
import { UsageError } from '../report/errors.ts';
import type { Reporter } from '../report/reporter.ts';
import { buildOf } from '../tree/directory-source.ts';
import { placePlatform } from '../tree/place.ts';
import type { TreePlan } from '../tree/plan.ts';
import { releaseChangeLines } from '../tree/release-change.ts';
import { checkRepository } from './check-repository.ts';
import { differences as driftOf, planCluster } from './plan-cluster.ts';
import { readSide, renderPair, type Side } from './render-side.ts';
import { readTenantFiles, renderTenants } from './render-tenants.ts';

/** Options of a comparison. */
export interface Comparison {
  root: string;
  /** Clusters of the work tree to compare. */
  clusters: readonly Cluster[];
  /** The user's base. */
  named: string | undefined;
  /** The only cluster to compare, which may be gone from the work tree; absent: all. */
  only: string | undefined;
  /** True: each tenant that differs is rendered, however many (see renderTenants). */
  allTenants: boolean;
  reporter: Reporter;
}

/** Result of a comparison. */
export interface Compared {
  base: Base;
  differences: ClusterDifference[];
  /** Sorted paths that Argo CD may read and the comparison cannot show; `validate` explains each. */
  notShown: string[];
}

/** Folders that a cluster's tree is read from. */
export const treeFolders = ['clusters', 'infrastructure', 'apps', 'tenants'];

/** @returns the branch that a change goes into, as a clone's remote-tracking ref */
export function usualBase(clusters: readonly Cluster[]): string {
  return `origin/${clusters[0]?.git.branch ?? 'main'}`;
}

/**
 * Compares the objects that Argo CD would apply from the work tree and from a commit. Changes neither.
 *
 * @throws UsageError without a base, or when neither side has the cluster
 */
export async function compareWithBase({
  root,
  clusters,
  named,
  only,
  allTenants,
  reporter,
}: Comparison): Promise<Compared> {
  await openRepository(root);
  const usual = usualBase(clusters);
  const base = await findBase(root, named, usual);
  if (base === undefined) {
    throw new UsageError(`there is no ${usual} to compare with`, {
      hint: 'Name a commit, a tag or a branch, for example --base main or --base HEAD~1.',
    });
  }
  const files = await checkOutBase(root, base.commit, treeFolders);
  try {
    const there = new Set(listClusters(files.folder));
    const here = new Map(clusters.map((cluster) => [cluster.name, cluster]));
    const names = [...new Set([...here.keys(), ...there])].filter((name) => only === undefined || name === only).sort();
    if (names.length === 0)
      throw new UsageError(
        only === undefined
          ? 'there is no cluster to compare'
          : `there is no cluster ${JSON.stringify(only)}, neither here nor at ${base.description}`,
      );
    const tenants = { before: await readTenantFiles(files.folder), after: await readTenantFiles(root) };
    const differences: ClusterDifference[] = [];
    const notShown = new Set([
      ...(await checkRepository(root)).map(({ file }) => file),
      ...[...tenants.after.keys()].filter(
        (path) => /^tenants\/[^/]+\/apps\//.test(path) && buildOf(path) !== undefined,
      ),
    ]);
    for (const name of names) {
      reporter.status(`comparing ${name}`);
      const before = there.has(name) ? await readSide(files.folder, name) : undefined;
      const cluster = here.get(name);
      const after = cluster === undefined ? undefined : await readSide(root, name);
      const pair = await renderPair(join(root, '.breakwater'), before, after);
      const teams = await renderTenants({
        before: before === undefined ? undefined : { side: before, files: tenants.before },
        after: after === undefined ? undefined : { side: after, files: tenants.after },
        all: allTenants,
      });
      const plan = cluster === undefined ? undefined : (await planCluster(root, placePlatform(cluster))).plan;
      for (const { path } of plan?.unexpected ?? []) notShown.add(path);
      const notes = [
        ...(plan === undefined ? [] : driftNotes(name, plan)),
        ...releaseNotes(before, after),
        ...pair.notes,
        ...teams.notes,
      ];
      const changes = compare([...pair.before, ...teams.before], [...pair.after, ...teams.after]);
      differences.push({ cluster: name, changes, notes });
    }
    return { base, differences, notShown: [...notShown].sort() };
  } finally {
    await files.remove();
  }
}

/** What a change of Kubeflow's release does once. */
function releaseNotes(before: Side | undefined, after: Side | undefined): string[] {
  if (before === undefined || after === undefined) return [];
  return releaseChangeLines(textsOf(before), textsOf(after));
}

function textsOf({ tree }: Side): Map<string, string> {
  return new Map([...tree.files].map(([path, { text }]) => [path, text]));
}

/** Argo CD applies the written files, so a user who forgot to render learns why nothing changes. */
function driftNotes(cluster: string, plan: TreePlan): string[] {
  const drift = driftOf({ ...plan, unexpected: [] });
  if (drift.length === 0) return [];
  return [
    `${count(drift.length, 'file')} in ${plan.folder} ${drift.length === 1 ? 'differs' : 'differ'} from what cluster.yaml renders to, but this command compares the written files: run "npm run render -- --cluster ${cluster}" first.`,
  ];
}
