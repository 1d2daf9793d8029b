import { listClusters, loadClusters } from '../config/load.ts';
import { loadTenants } from '../config/tenants.ts';
import { count } from '../report/count.ts';
import { type CheckFinding, checkCluster } from '../steps/check-cluster.ts';
import { chooseClusters } from './choose-cluster.ts';
import type { Invocation } from './index.ts';

/** `npm run validate`: every check that needs neither a network nor a cluster. */
export async function run(invocation: Invocation): Promise<number> {
  const { root, reporter } = invocation;
  const names = chooseClusters(invocation);
  const clusters = loadClusters(root, listClusters(root).includes(names[0] ?? '') ? listClusters(root) : names);
  // Tenants are checked together and against all clusters, whichever cluster is asked for.
  const tenants = loadTenants(root, clusters);
  const results = [];
  for (const cluster of clusters.filter(({ name }) => names.includes(name))) {
    const findings = await checkCluster(root, cluster);
    results.push({ cluster: cluster.name, findings });
    reporter.status(`${cluster.name}: ${findings.length === 0 ? 'good' : count(findings.length, 'finding')}`);
    for (const line of grouped(findings)) reporter.status(`  ${line}`);
  }
  const found = results.reduce((sum, { findings }) => sum + findings.length, 0);
  reporter.result(
    { clusters: results, tenants: tenants.map(({ name }) => name) },
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
  for (const { rule, file, message, reason } of findings) {
    const title = `[${rule}]${reason === undefined ? '' : ` ${reason}`}`;
    if (title !== last) lines.push(title);
    last = title;
    lines.push(`  ${file}: ${message}`);
  }
  return lines;
}
