import { join } from 'node:path';
import { readChartLock } from '../config/chart-lock.ts';
import { groupNotes } from '../config/group-notes.ts';
import { listClusters, loadClusters } from '../config/load.ts';
import { portNotes } from '../config/port-notes.ts';
import { removalsFile } from '../config/removals.ts';
import { loadTenants } from '../config/tenants.ts';
import { count } from '../report/count.ts';
import { checkCharts } from '../steps/check-charts.ts';
import { type CheckFinding, checkCluster } from '../steps/check-cluster.ts';
import { checkRendered } from '../steps/check-rendered.ts';
import { checkRepository } from '../steps/check-repository.ts';
import { checkTenants } from '../steps/check-tenants.ts';
import { compareRemovals } from '../steps/compare-removals.ts';
import { pinNotes } from '../steps/pin-notes.ts';
import { chooseClusters } from './choose-cluster.ts';
import type { Invocation } from './invocation.ts';

/** `npm run validate`: every check that needs no cluster; with --rendered also what charts give, which has to be fetched once. */
export async function run(invocation: Invocation): Promise<number> {
  const { root, options, reporter } = invocation;
  const tell = (what: string, findings: readonly CheckFinding[]): void => {
    reporter.status(`${what}: ${findings.length === 0 ? 'good' : count(findings.length, 'finding')}`);
    for (const line of grouped(findings)) reporter.status(`  ${line}`);
  };
  // First: a mistake in an input must not hide them.
  const repository = await checkRepository(root);
  if (repository.length > 0) tell('repository', repository);
  const names = chooseClusters(invocation);
  const clusters = loadClusters(root, listClusters(root).includes(names[0] ?? '') ? listClusters(root) : names);
  // Tenants are checked together and against all clusters, whichever cluster is asked for.
  const tenants = loadTenants(root, clusters);
  const rendered = options.rendered === true || options.record === true;
  const recorded = readChartLock(root);
  const results = [];
  const chosen = clusters.filter(({ name }) => names.includes(name));
  for (const cluster of chosen) {
    const findings = [
      ...(await checkCluster(root, cluster)),
      ...(rendered ? await checkRendered(root, join(root, '.breakwater'), cluster) : []),
    ];
    results.push({ cluster: cluster.name, findings });
    tell(cluster.name, findings);
  }
  const apps = clusters[0] === undefined ? [] : await checkTenants(root, clusters[0].shared, tenants);
  if (apps.length > 0) tell('tenants', apps);
  const named = typeof options.base === 'string' ? options.base : undefined;
  const { base, findings: removals } = await compareRemovals(root, clusters, named, rendered);
  if (base !== undefined || removals.length > 0)
    tell(base === undefined ? removalsFile : `losses against ${base.description}`, removals);
  const charts = rendered
    ? await checkCharts(root, join(root, '.breakwater', 'charts'), chosen, {
        recorded,
        record: options.record === true,
      })
    : { findings: [], notes: [] };
  if (charts.findings.length > 0) tell('charts', charts.findings);
  const notes = [
    ...(await pinNotes(root, clusters)),
    ...clusters.flatMap(groupNotes),
    ...clusters.flatMap(portNotes),
    ...charts.notes,
  ];
  for (const note of notes) reporter.status(`note: ${note}`);
  const found =
    [repository, apps, removals, charts.findings].flat().length +
    results.reduce((sum, { findings }) => sum + findings.length, 0);
  reporter.result(
    {
      clusters: results,
      repository,
      charts: charts.findings,
      tenants: tenants.map(({ name }) => name),
      tenantApps: apps,
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

/** Findings by rule, so that a reason stands once for all that it explains. */
function grouped(findings: readonly CheckFinding[]): string[] {
  const lines: string[] = [];
  let last: string | undefined;
  for (const finding of findings) {
    const { rule, message, reason, path } = finding;
    const title = `[${rule}]${reason === undefined ? '' : ` ${reason}`}`;
    if (title !== last) lines.push(title);
    last = title;
    lines.push(`  ${placeOf(finding)}: ${path === undefined ? '' : `${path} `}${message}`);
  }
  return lines;
}

/** As file:line:column, which terminals and editors follow. */
function placeOf({ file, line, column }: CheckFinding): string {
  return line === undefined ? file : `${file}:${line}:${column}`;
}
