import { RunError, UsageError } from '../report/errors.ts';
import { carryOut } from '../workspace/carry-out.ts';
import type { BootstrapContext } from './context.ts';
import { type PlannedCluster, planCluster } from './plan-cluster.ts';
import { step } from './step.ts';

/** More Applications than this do not vanish in one run unless they are named. */
const mostRemovals = 3;

/** Writes the generated files of the cluster: new ones first, deletions last. */
export const writeTree = step<BootstrapContext, PlannedCluster, PlannedCluster>({
  name: 'tree',
  look: async ({ root, cluster, repository }) => planWithHead(root, cluster, repository),
  decide: (found, { options, cluster }) => {
    const { plan } = found;
    requireUnblocked(found);
    requireNamedRemovals(found, options.remove);
    const changes = [...plan.create, ...plan.change, ...plan.delete];
    if (changes.length === 0)
      return { kind: 'up-to-date', message: `${cluster.folder}: ${plan.keep.length} files are as generated` };
    return {
      kind: 'do',
      message: `write ${plan.create.length + plan.change.length} files and delete ${plan.delete.length} in ${cluster.folder}`,
      details: [
        ...plan.create.map(({ path }) => `new      ${path}`),
        ...plan.change.map(({ path, edited }) => `${edited ? 'overwrite (edited by hand!)' : 'change  '} ${path}`),
        ...plan.delete.map(({ path, edited }) => `${edited ? 'delete (edited by hand!)' : 'delete  '} ${path}`),
      ],
      work: found,
    };
  },
  act: async ({ plan }, { root, cluster }) => {
    await carryOut(root, plan);
    return `wrote ${plan.create.length + plan.change.length} files and deleted ${plan.delete.length} in ${cluster.folder}`;
  },
});

/** Plans with what HEAD holds, so that edits by hand are told apart. */
export async function planWithHead(
  root: string,
  cluster: BootstrapContext['cluster'],
  repository: BootstrapContext['repository'],
): Promise<PlannedCluster> {
  const first = await planCluster(root, cluster);
  const head = await repository.headText([...first.plan.change, ...first.plan.delete].map(({ path }) => path));
  return await planCluster(root, cluster, head);
}

/** @throws RunError when a file of the user's stands where a generated one belongs */
export function requireUnblocked({ plan }: PlannedCluster): void {
  if (plan.blocked.length === 0) return;
  throw new RunError('files of yours are in the way; nothing was changed', {
    details: plan.blocked.map(({ path, reason }) => `${path} ${reason}`),
    hint: 'Move these away, then run again. Settings of your own belong into overrides/.',
  });
}

/** A slip in cluster.yaml must not take half of the platform away: argoproj/argo-cd#7412. */
export function requireNamedRemovals({ plan }: PlannedCluster, named: readonly string[]): void {
  const removed = plan.delete
    .map(({ path }) => /\/apps\/\d+-(.+)\.yaml$/.exec(path)?.[1])
    .filter((name): name is string => name !== undefined)
    // A component that only changed its wave has a new file.
    .filter((name) => !plan.create.some(({ path }) => path.endsWith(`-${name}.yaml`)));
  const unnamed = removed.filter((name) => !named.includes(name));
  if (removed.length <= mostRemovals || unnamed.length === 0) return;
  throw new UsageError(`this would remove ${removed.length} components: ${removed.join(', ')}`, {
    hint: `If that is what you want, say so: --remove ${removed.join(',')}`,
  });
}
