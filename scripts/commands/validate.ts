import { join } from 'node:path';
import { readChartLock } from '../config/chart-lock.ts';
import { loadCluster } from '../config/load.ts';
import { notesOf, sharedNotes } from '../config/notes.ts';
import { removalsFile } from '../config/removals.ts';
import { count } from '../report/count.ts';
import { checkCharts } from '../steps/check-charts.ts';
import type { CheckFinding } from '../steps/check-cluster.ts';
import { checkInputs, findingLines } from '../steps/check-inputs.ts';
import { checkRendered } from '../steps/check-rendered.ts';
import { checkDeleted, checkRepository } from '../steps/check-repository.ts';
import { compareRemovals } from '../steps/compare-removals.ts';
import { foreignNamespaces } from '../steps/foreign-namespaces.ts';
import { pinNotes } from '../steps/pin-notes.ts';
import { chooseCluster, chooseClusters } from './choose-cluster.ts';
import { connectTo } from './connect-to.ts';
import type { InvocationOf } from './invocation.ts';

/** `npm run validate`: every check that needs no cluster; with --rendered also what charts give, which has to be fetched once; with --context also what a running cluster holds of others. */
export async function run(invocation: InvocationOf<'validate'>): Promise<number> {
  const { root, options, reporter } = invocation;
  const tell = (what: string, findings: readonly CheckFinding[]): void => {
    reporter.status(`${what}: ${findings.length === 0 ? 'OK' : count(findings.length, 'finding')}`);
    for (const line of findingLines(findings)) reporter.status(`  ${line}`);
  };
  // First: a mistake in an input must not hide them.
  const repository = [...(await checkRepository(root)), ...(await checkDeleted(root))];
  if (repository.length > 0) tell('repository', repository);
  const names = chooseClusters(invocation);
  const rendered = options.rendered || options.record;
  const recorded = readChartLock(root);
  const { clusters, platforms, tenants, results, tenantApps } = await checkInputs(root, names, {
    more: async (platform) => (rendered ? await checkRendered(root, join(root, '.breakwater'), platform) : []),
    tell,
  });
  const live = await checkLive(invocation);
  if (live !== undefined) tell(`context ${live.context}`, live.findings);
  const { base, findings: removals } = await compareRemovals(root, clusters, options.base, rendered);
  if (base !== undefined || removals.length > 0)
    tell(base === undefined ? removalsFile : `deletions since ${base.description}`, removals);
  const charts = rendered
    ? await checkCharts(root, join(root, '.breakwater', 'charts'), platforms, {
        recorded,
        record: options.record,
      })
    : { findings: [], notes: [] };
  if (charts.findings.length > 0) tell('charts', charts.findings);
  const notes = [
    ...(await pinNotes(root, clusters)),
    ...clusters.flatMap(notesOf),
    ...sharedNotes(clusters),
    ...charts.notes,
  ];
  for (const note of notes) reporter.status(`note: ${note}`);
  const found =
    [repository, tenantApps, removals, charts.findings, live?.findings ?? []].flat().length +
    results.reduce((sum, { findings }) => sum + findings.length, 0);
  reporter.result(
    {
      clusters: results,
      repository,
      charts: charts.findings,
      tenants: tenants.map(({ name }) => name),
      tenantApps,
      live: live?.findings ?? null,
      base: base?.commit ?? null,
      removals,
      notes,
    },
    found === 0
      ? `${count(names.length, 'cluster')} and ${count(tenants.length, 'tenant')} checked, nothing found`
      : `${count(found, 'finding')} in ${count(names.length, 'cluster')}`,
  );
  return found === 0 ? 0 : 1;
}

/** Checks that need a running cluster; undefined without --context. */
async function checkLive(
  invocation: InvocationOf<'validate'>,
): Promise<{ context: string; findings: CheckFinding[] } | undefined> {
  const { root, options } = invocation;
  if (options.context === undefined) return undefined;
  const cluster = loadCluster(root, chooseCluster(invocation));
  const connection = await connectTo(cluster, invocation);
  const foreign = await foreignNamespaces(root, connection, cluster);
  const findings = foreign.map(({ tenant, message, hint }) => ({
    rule: 'tenants-get-new-namespaces',
    file: tenant.source,
    message: `${message}. ${hint}`,
    reason: 'The contents of a namespace belong to its first owner: admission refuses it to the tenant.',
  }));
  return { context: connection.context, findings };
}
