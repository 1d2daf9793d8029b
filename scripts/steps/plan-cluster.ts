import type { Cluster } from '../config/cluster.ts';
import { planTree, type TreePlan } from '../tree/plan.ts';
import { type RenderedTree, renderDocuments } from '../tree/render.ts';
import { readWritten } from '../workspace/carry-out.ts';
import { readPresent } from '../workspace/present.ts';

/** The tree of a cluster, and what separates the folder on disk from it. */
export interface PlannedCluster {
  cluster: Cluster;
  documents: RenderedTree['documents'];
  plan: TreePlan;
}

/**
 * Renders a cluster and compares it with what is on disk. Writes nothing.
 *
 * @param head texts at HEAD, so that edits by hand can be told from an older rendering
 */
export async function planCluster(
  root: string,
  cluster: Cluster,
  head?: ReadonlyMap<string, string>,
): Promise<PlannedCluster> {
  const { tree: wanted, documents } = renderDocuments(cluster);
  const [present, written] = await Promise.all([readPresent(root, cluster.folder), readWritten(root, cluster.folder)]);
  const plan = planTree({ folder: cluster.folder, wanted, present, written, ...(head === undefined ? {} : { head }) });
  return { cluster, documents, plan };
}

/** One line per file that differs from the tree, for people; empty when nothing does. */
export function differences(plan: TreePlan): string[] {
  return [
    ...plan.create.map(({ path }) => `missing    ${path}`),
    ...plan.change.map(({ path, edited }) => `${edited ? 'edited by hand' : 'differs   '} ${path}`),
    ...plan.delete.map(({ path, edited }) => `stale      ${path}${edited ? ' (edited by hand)' : ''}`),
    ...plan.blocked.map(({ path, reason }) => `in the way ${path} ${reason}`),
  ];
}
