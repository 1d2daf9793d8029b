import type { Platform } from '../components/platform.ts';
import type { Repository } from '../git/repository.ts';
import { planTree, type TreePlan } from '../tree/plan.ts';
import { type RenderedTree, renderDocuments } from '../tree/render.ts';
import { readWritten } from '../workspace/apply-plan.ts';
import { readPresent } from '../workspace/present.ts';

/** A cluster's tree, compared with the folder on disk. */
export interface PlannedCluster {
  platform: Platform;
  tree: RenderedTree['tree'];
  documents: RenderedTree['documents'];
  plan: TreePlan;
}

/** The same, with the texts at HEAD. */
export interface ComparedCluster extends PlannedCluster {
  /** Texts by path. */
  head: ReadonlyMap<string, string>;
}

/**
 * Renders a cluster and compares it with what is on disk. Writes nothing.
 *
 * @param head texts at HEAD, to tell manual edits from an older rendering
 */
export async function planCluster(
  root: string,
  platform: Platform,
  head?: ReadonlyMap<string, string>,
): Promise<PlannedCluster> {
  const { cluster } = platform;
  const { tree, documents } = renderDocuments(platform);
  const present = await readPresent(root, cluster.folder);
  const input = { folder: cluster.folder, tree, present, ...(head === undefined ? {} : { head }) };
  const first = planTree(input);
  // Only what differs may be edited by hand.
  const plan =
    first.change.length + first.delete.length === 0
      ? first
      : planTree({ ...input, written: await readWritten(root, cluster.folder) });
  return { platform, tree, documents, plan: await withoutIgnored(root, plan) };
}

/** Drops ignored files, which never reach Argo CD, for example an editor's. Asks Git only when needed. */
async function withoutIgnored(root: string, plan: TreePlan): Promise<TreePlan> {
  if (plan.unexpected.length === 0) return plan;
  const { ignoredPaths } = await import('../git/entries.ts');
  const paths = plan.unexpected.map(({ path }) => path);
  const ignored = await ignoredPaths(root, paths);
  return { ...plan, unexpected: plan.unexpected.filter(({ path }) => !ignored.has(path)) };
}

/** Plans with the texts at HEAD, to detect manual edits. */
export async function planWithHead(
  root: string,
  platform: Platform,
  repository: Pick<Repository, 'headPaths' | 'headText'>,
): Promise<ComparedCluster> {
  const head = await repository.headText(await repository.headPaths([platform.cluster.folder]));
  return { ...(await planCluster(root, platform, head)), head };
}

/** One line per file that differs from the tree, for people; empty when nothing does. */
export function differences(plan: TreePlan): string[] {
  return [
    ...plan.create.map(({ path }) => `missing    ${path}`),
    ...plan.change.map(({ path, edited, executable, conflict }) =>
      executable === true ? `executable ${path}` : `differs    ${path}${conflict ? merged : byHand(edited)}`,
    ),
    ...plan.delete.map(({ path, edited }) => `stale      ${path}${byHand(edited)}`),
    ...plan.blocked.map(({ path, reason }) => `in the way ${path} ${reason}`),
    ...plan.unexpected.map(({ path, reason }) => `unexpected ${path} ${reason}`),
  ];
}

/** One line per file that applying the plan touches, for people. */
export function changes(plan: TreePlan): string[] {
  return [
    ...plan.create.map(({ path }) => `new        ${path}`),
    ...plan.change.map(
      ({ path, edited, conflict }) =>
        `${edited ? 'overwrite ' : 'change    '} ${path}${conflict ? merged : byHand(edited)}`,
    ),
    ...plan.delete.map(({ path, edited }) => `delete     ${path}${byHand(edited)}`),
  ];
}

const merged = ' (had a merge conflict)';

function byHand(edited: boolean): string {
  return edited ? ' (has manual edits: your settings belong in overrides/)' : '';
}
