import { loadCluster } from '../config/load.ts';
import { RunError, UsageError } from '../report/errors.ts';
import type { RunProgress, StepResult } from '../steps/step.ts';
import { lookBeforeUninstall, uninstall } from '../steps/uninstall.ts';
import type { Kept, UninstallContext } from '../steps/uninstall-context.ts';
import { placePlatform } from '../tree/place.ts';
import { chooseCluster } from './choose-cluster.ts';
import { connectTo } from './connect-to.ts';
import type { InvocationOf } from './invocation.ts';
import { ask, asksOnTerminal } from './terminal.ts';

/** `npm run uninstall`: removes the platform from the cluster, last wave first. Does not change Git. */
export async function run(invocation: InvocationOf<'uninstall'>): Promise<number> {
  const { root, options, reporter } = invocation;
  const dryRun = options.dryRun;
  const deleteData = options.deleteData;
  if (deleteData && options.keepData)
    throw new UsageError('--keep-data and --delete-data exclude each other', { hint: 'Keep one of them.' });
  const platform = placePlatform(loadCluster(root, chooseCluster(invocation)));
  const { cluster } = platform;
  if (!dryRun && !options.yes) requireTerminal(cluster.name, reporter.json);
  const connection = await connectTo(cluster, invocation);
  const look = () => lookBeforeUninstall(connection, platform, { reporter, deleteData });
  const plan = await look();
  if (!dryRun && !options.yes) {
    reporter.status(`This removes the platform of ${cluster.name} from ${connection.server}:`);
    const planned = await uninstall(plan, true);
    for (const line of keptLines(planned.context.kept)) reporter.status(line);
    if (isNothing(planned.outcomes)) return conclude(invocation, planned);
    await confirm(cluster.name);
  }
  return conclude(invocation, await uninstall(plan, dryRun));
}

function conclude(
  { options, reporter }: InvocationOf<'uninstall'>,
  { context, outcomes: steps }: RunProgress<UninstallContext>,
): number {
  const { kept } = context;
  const cluster = context.cluster.name;
  const nothing = isNothing(steps);
  const end = options.dryRun
    ? 'This was a dry run: nothing was changed.'
    : nothing
      ? `Nothing to do: the platform of ${cluster} is not installed.`
      : `The platform of ${cluster} is removed. Git is unchanged: npm run bootstrap -- --cluster ${cluster} installs it again.`;
  reporter.result(
    { cluster, dryRun: options.dryRun, nothingToDo: nothing, steps, kept },
    ['', ...keptLines(kept), end].join('\n'),
  );
  return 0;
}

function keptLines(kept: readonly Kept[]): string[] {
  if (kept.length === 0) return [];
  return ['Kept:', ...kept.map(({ what, why }) => `  ${what}: ${why}`), '  (--delete-data deletes these, too)'];
}

function isNothing(steps: readonly StepResult[]): boolean {
  return steps.every(({ outcome }) => outcome === 'up-to-date' || outcome === 'skipped');
}

function requireTerminal(name: string, json: boolean): void {
  if (asksOnTerminal(json)) return;
  throw new UsageError(`removing the platform of ${name} needs confirmation, and there is no terminal to ask on`, {
    hint: 'Add --yes, or look first with --dry-run.',
  });
}

async function confirm(name: string): Promise<void> {
  if ((await ask(`To continue, type the name of the cluster (${name}): `)) === name) return;
  throw new RunError('the name does not match; nothing was changed');
}
