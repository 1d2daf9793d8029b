import { clusterJsonSchema, clusterSchemaFile } from '../config/json-schema.ts';
import { loadClusters } from '../config/load.ts';
import { RunError, UsageError } from '../report/errors.ts';
import { differences, planCluster } from '../steps/plan-cluster.ts';
import { carryOut } from '../workspace/carry-out.ts';
import { readText, writeInput } from '../workspace/write-input.ts';
import { chooseCluster, chooseClusters } from './choose-cluster.ts';
import type { Invocation } from './index.ts';

/** `npm run render`: writes the tree of one or all clusters, or checks that it is as it would be written. */
export async function run(invocation: Invocation): Promise<number> {
  const { root, options, reporter } = invocation;
  if (options.all === true && options.cluster !== undefined)
    throw new UsageError('--all and --cluster exclude each other');
  const names = options.all === true ? chooseClusters({ root, options: {} }) : [chooseCluster(invocation)];
  const planned = await Promise.all(loadClusters(root, names).map((cluster) => planCluster(root, cluster)));
  if (options.check === true) {
    const drift = [...(await schemaDrift(root)), ...planned.flatMap(({ plan }) => differences(plan))];
    reporter.result(
      { clusters: names, drift },
      drift.length === 0
        ? `${names.join(', ')}: as generated`
        : [...drift, `${drift.length} files differ: run "npm run render" (with --prune for stale ones)`].join('\n'),
    );
    return drift.length === 0 ? 0 : 1;
  }
  const blocked = planned.flatMap(({ plan }) => plan.blocked);
  if (blocked.length > 0) {
    throw new RunError('files of yours are in the way; nothing was written', {
      details: blocked.map(({ path, reason }) => `${path} ${reason}`),
      hint: 'Move these away, then run again. Settings of your own belong into overrides/.',
    });
  }
  if ((await schemaDrift(root)).length > 0) await writeInput(root, clusterSchemaFile, clusterJsonSchema());
  const results = [];
  for (const { cluster, plan } of planned) {
    for (const { path, edited } of [...plan.change, ...plan.delete]) {
      if (edited)
        reporter.warn(
          `${path} was edited by hand and is ${options.prune === true || plan.change.some((file) => file.path === path) ? 'overwritten' : 'stale'}; what is yours belongs into ${cluster.folder}/overrides/`,
        );
    }
    const stale = plan.delete.map(({ path }) => path);
    await carryOut(root, options.prune === true ? plan : { ...plan, delete: [] });
    const written = [...plan.create, ...plan.change].map(({ path }) => path);
    const deleted = options.prune === true ? stale : [];
    results.push({
      cluster: cluster.name,
      written,
      deleted,
      stale: options.prune === true ? [] : stale,
      unchanged: plan.keep.length,
    });
    reporter.status(summary(cluster.name, written.length, deleted.length, plan.keep.length));
    if (deleted.length < stale.length)
      reporter.warn(`${stale.length} generated files are no longer wanted; --prune deletes them: ${stale.join(', ')}`);
  }
  reporter.result({ clusters: results }, '');
  return 0;
}

function summary(name: string, written: number, deleted: number, unchanged: number): string {
  if (written + deleted === 0) return `${name}: nothing to do, ${unchanged} files are as generated`;
  return `${name}: wrote ${written}, deleted ${deleted}, left ${unchanged} as they are`;
}

/** The published JSON Schema is generated, too. */
async function schemaDrift(root: string): Promise<string[]> {
  return (await readText(root, clusterSchemaFile)) === clusterJsonSchema() ? [] : [`differs    ${clusterSchemaFile}`];
}
