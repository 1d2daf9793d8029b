import { loadClusters } from '../config/load.ts';
import { checkCluster } from '../steps/check-cluster.ts';
import { chooseClusters } from './choose-cluster.ts';
import type { Invocation } from './index.ts';

/** `npm run validate`: every check that needs neither a network nor a cluster. */
export async function run(invocation: Invocation): Promise<number> {
  const { root, reporter } = invocation;
  const names = chooseClusters(invocation);
  const results = [];
  for (const cluster of loadClusters(root, names)) {
    const findings = await checkCluster(root, cluster);
    results.push({ cluster: cluster.name, findings });
    reporter.status(`${cluster.name}: ${findings.length === 0 ? 'good' : `${findings.length} findings`}`);
    for (const { rule, file, message, reason } of findings) {
      reporter.status(`  ${file}: ${message} [${rule}]${reason === undefined ? '' : `\n      why: ${reason}`}`);
    }
  }
  const count = results.reduce((sum, { findings }) => sum + findings.length, 0);
  reporter.result(
    { clusters: results },
    count === 0 ? `${names.length} clusters checked, nothing found` : `${count} findings in ${names.length} clusters`,
  );
  return count === 0 ? 0 : 1;
}
