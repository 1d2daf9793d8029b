import type { Cluster } from '../config/cluster.ts';
import { readRemovals, removalsFile, withRemovals } from '../config/removals.ts';
import { componentNames } from '../config/schema/component-facts.ts';
import { closest } from '../config/suggest.ts';
import { mostRemovals } from '../diff/removals.ts';
import { count } from '../report/count.ts';
import { RunError, UsageError } from '../report/errors.ts';
import { applicationOf } from '../tree/application-file.ts';
import { isGenerated } from '../tree/plan.ts';
import { releaseChangeLines } from '../tree/release-change.ts';
import { applyPlan } from '../workspace/apply-plan.ts';
import { readText, writeInput } from '../workspace/write-input.ts';
import { requireCleanRepository } from './check-repository.ts';
import type { BootstrapContext } from './context.ts';
import { type ComparedCluster, changes, type PlannedCluster } from './plan-cluster.ts';
import { bringsCrds } from './removals.ts';
import { step } from './step.ts';

/** Entries that will be added to removals.yaml. */
interface Found {
  toNote: readonly string[];
}

/** Writes the generated files of the cluster: new ones first, deletions last. */
export const writeTree = step<BootstrapContext, Found, Found>({
  name: 'tree',
  check: async ({ root, cluster, planned, options }) => {
    requireComponents(planned, options.remove);
    requireUnblocked(planned);
    await requireCleanRepository(root);
    requireNamedRemovals(planned, namedRemovals(root, cluster, options.remove));
  },
  look: async ({ root, planned, options }) => ({ toNote: removalsToNote(root, planned, options.remove) }),
  decide: (found, { cluster, planned }) => {
    const { plan } = planned;
    const details = [
      ...found.toNote.map((entry) => `note       ${removalsFile}: ${entry}`),
      ...changes(plan),
      ...releaseChangeLines(planned.head, planned.tree).map((line) => `once       ${line}`),
    ];
    if (details.length === 0)
      return { kind: 'up-to-date', message: `${cluster.folder}: ${count(plan.keep.length, 'file')} as generated` };
    return { kind: 'do', message: `write ${filesText(planned)} in ${cluster.folder}`, details, work: found };
  },
  act: async ({ toNote }, { root, cluster, planned }) => {
    if (toNote.length > 0)
      await writeInput(root, removalsFile, withRemovals(await readText(root, removalsFile), toNote));
    await applyPlan(root, planned.plan);
    return `wrote ${filesText(planned)} in ${cluster.folder}`;
  },
});

function filesText({ plan }: PlannedCluster): string {
  const written = count(plan.create.length + plan.change.length, 'file');
  return plan.delete.length === 0 ? written : `${written}, deletions: ${plan.delete.length},`;
}

/** @throws RunError if a user's file would be overwritten */
export function requireUnblocked({ plan }: PlannedCluster): void {
  const found = [...plan.blocked, ...plan.unexpected];
  if (found.length === 0) return;
  throw new RunError('your own files would be overwritten; nothing was changed', {
    details: found.map(({ path, reason }) => `${path} ${reason}`),
    hint: 'Move these away, then run it again. Put your own settings in overrides/.',
  });
}

/**
 * A typo in cluster.yaml must not delete half of the platform: argoproj/argo-cd#7412. Compares with HEAD, so that files already
 * deleted from the disk (`render`) count, too.
 *
 * @throws UsageError
 */
function requireNamedRemovals(compared: ComparedCluster, named: readonly string[]): void {
  const removed = removedFrom(compared);
  const unnamed = removed.filter((name) => !named.includes(name));
  const withKinds = unnamed.filter(bringsCrds([compared.platform.cluster]));
  if ((removed.length <= mostRemovals || unnamed.length === 0) && withKinds.length === 0) return;
  const kinds =
    withKinds.length === 0 ? '' : `; deleting the CRDs of ${withKinds.join(', ')} deletes all objects of their kinds`;
  throw new UsageError(`this would remove ${count(removed.length, 'component')}: ${removed.join(', ')}${kinds}`, {
    hint: `If that is intended, add --remove ${removed.join(',')} (recorded in ${removalsFile}, where reviewers see it)`,
  });
}

/** @returns permitted deletions: named on the command line, or in removals.yaml */
function namedRemovals(root: string, cluster: Cluster, remove: readonly string[]): string[] {
  const before = `${cluster.folder}/`;
  const noted = [...readRemovals(root)].filter((entry) => entry.startsWith(before));
  return [...remove, ...noted.map((entry) => entry.slice(before.length))];
}

/** Deletions confirmed by --remove must pass `validate` on the pull request, too. */
function removalsToNote(root: string, compared: ComparedCluster, remove: readonly string[]): string[] {
  const noted = readRemovals(root);
  return removedFrom(compared)
    .filter((name) => remove.includes(name))
    .map((name) => `${compared.platform.cluster.folder}/${name}`)
    .filter((entry) => !noted.has(entry));
}

/** A component that only changes its wave gets a new file, but keeps its name. */
function removedFrom({ plan, tree, head }: ComparedCluster): string[] {
  const kept = new Set([...tree.keys()].map((path) => applicationOf(path)?.name));
  const there = [
    ...plan.delete.map(({ path }) => path),
    ...[...head].filter(([, text]) => isGenerated(text)).map(([path]) => path),
  ];
  return [...new Set(there.flatMap((path) => applicationOf(path)?.name ?? []))].filter((name) => !kept.has(name));
}

/** @throws UsageError if --remove names neither a component nor an existing app: a typo must not confirm anything */
function requireComponents({ tree, head }: ComparedCluster, names: readonly string[]): void {
  const applications = [...tree.keys(), ...head.keys()].flatMap((path) => applicationOf(path)?.name ?? []);
  const known = [...new Set<string>([...componentNames, ...applications])];
  const wrong = names.find((name) => !known.includes(name));
  if (wrong === undefined) return;
  const near = closest(wrong, known);
  throw new UsageError(`--remove: there is no component ${JSON.stringify(wrong)}`, {
    hint: near === undefined ? `Components and apps are: ${known.join(', ')}.` : `Did you mean ${near}?`,
  });
}
