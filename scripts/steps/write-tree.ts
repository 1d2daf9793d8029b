import { componentNames } from '../config/schema/component-names.ts';
import { closest } from '../config/suggest.ts';
import { count } from '../report/count.ts';
import { RunError, UsageError } from '../report/errors.ts';
import { isGenerated } from '../tree/plan.ts';
import { carryOut } from '../workspace/carry-out.ts';
import type { BootstrapContext } from './context.ts';
import { type ComparedCluster, changes, type PlannedCluster, planWithHead } from './plan-cluster.ts';
import { step } from './step.ts';

/** More Applications than this do not vanish in one run unless they are named. */
const mostRemovals = 3;

/** Writes the generated files of the cluster: new ones first, deletions last. */
export const writeTree = step<BootstrapContext, ComparedCluster, ComparedCluster>({
  name: 'tree',
  look: async ({ root, cluster, repository }) => planWithHead(root, cluster, repository),
  decide: (found, { options, cluster }) => {
    const { plan } = found;
    requireUnblocked(found);
    requireNamedRemovals(found, options.remove);
    const details = changes(plan);
    if (details.length === 0)
      return { kind: 'up-to-date', message: `${cluster.folder}: ${count(plan.keep.length, 'file')} as generated` };
    return { kind: 'do', message: `write ${tally(found)} in ${cluster.folder}`, details, work: found };
  },
  act: async (found, { root, cluster }) => {
    await carryOut(root, found.plan);
    return `wrote ${tally(found)} in ${cluster.folder}`;
  },
});

function tally({ plan }: PlannedCluster): string {
  const written = count(plan.create.length + plan.change.length, 'file');
  return plan.delete.length === 0 ? written : `${written}, deletions: ${plan.delete.length},`;
}

/** @throws RunError when a file of the user's stands where a generated one belongs */
export function requireUnblocked({ plan }: PlannedCluster): void {
  if (plan.blocked.length === 0) return;
  throw new RunError('files of yours are in the way; nothing was changed', {
    details: plan.blocked.map(({ path, reason }) => `${path} ${reason}`),
    hint: 'Move these away, then run again. Settings of your own belong into overrides/.',
  });
}

/**
 * A slip in cluster.yaml must not take half of the platform away: argoproj/argo-cd#7412. What counts is what HEAD has, so that
 * files which are gone from the disk already (`render --prune`) are not passed over.
 *
 * @throws UsageError
 */
export function requireNamedRemovals({ plan, wanted, head }: ComparedCluster, named: readonly string[]): void {
  const kept = new Set([...wanted.keys()].map(applicationOf));
  const there = [
    ...plan.delete.map(({ path }) => path),
    ...[...head].filter(([, text]) => isGenerated(text)).map(([path]) => path),
  ];
  const removed = [...new Set(there.map(applicationOf))].filter(
    (name): name is string => name !== undefined && !kept.has(name),
  );
  const unnamed = removed.filter((name) => !named.includes(name));
  if (removed.length <= mostRemovals || unnamed.length === 0) return;
  throw new UsageError(`this would remove ${removed.length} components: ${removed.join(', ')}`, {
    hint: `If that is what you want, say so: --remove ${removed.join(',')}`,
  });
}

/** A component that only changed its wave has a new file, and the same name. */
function applicationOf(path: string): string | undefined {
  return /\/apps\/\d+-(.+)\.yaml$/.exec(path)?.[1];
}

/** @throws UsageError when --remove names neither a component nor an app that was there: what was meant would stay guarded, or worse, not */
export function requireComponents({ wanted, head }: ComparedCluster, names: readonly string[]): void {
  const applications = [...wanted.keys(), ...head.keys()].flatMap((path) => applicationOf(path) ?? []);
  const known = [...new Set<string>([...componentNames, ...applications.filter((name) => name !== 'ready')])];
  const wrong = names.find((name) => !known.includes(name));
  if (wrong === undefined) return;
  const near = closest(wrong, known);
  throw new UsageError(`--remove: there is no component ${JSON.stringify(wrong)}`, {
    hint: near === undefined ? `Components and apps are: ${known.join(', ')}.` : `Did you mean ${near}?`,
  });
}
