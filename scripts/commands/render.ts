import type { Cluster } from '../config/cluster.ts';
import { publishedSchemas } from '../config/json-schema.ts';
import { loadClusters } from '../config/load.ts';
import { count } from '../report/count.ts';
import { RunError, UsageError } from '../report/errors.ts';
import { changes, differences, planCluster } from '../steps/plan-cluster.ts';
import { placePlatform } from '../tree/place.ts';
import type { TreePlan } from '../tree/plan.ts';
import { applyPlan } from '../workspace/apply-plan.ts';
import { readText, writeInput } from '../workspace/write-input.ts';
import { chooseCluster, chooseClusters } from './choose-cluster.ts';
import type { InvocationOf } from './invocation.ts';

/** `npm run render`: writes the tree of one or all clusters, or checks it for drift. */
export async function run(invocation: InvocationOf<'render'>): Promise<number> {
  const { root, options, reporter } = invocation;
  if (options.all && options.cluster !== undefined) throw new UsageError('--all and --cluster exclude each other');
  const names = options.all ? chooseClusters({ root, options: { cluster: undefined } }) : [chooseCluster(invocation)];
  const planned = await planAll(root, loadClusters(root, names));
  if (options.check) {
    const drift = [...(await schemaDrift(root)), ...planned.flatMap(({ plan }) => differences(plan))];
    reporter.result(
      { clusters: names, drift },
      drift.length === 0
        ? `${names.length > 5 ? count(names.length, 'cluster') : names.join(', ')}: as generated`
        : [
            ...drift,
            `${count(drift.length, 'file')} ${drift.length === 1 ? 'differs' : 'differ'}: run "npm run render"`,
            ...(drift.some((line) => /^(in the way|unexpected) /.test(line)) ? [removeFirst] : []),
          ].join('\n'),
    );
    return drift.length === 0 ? 0 : 1;
  }
  for (const { file, message } of await deleted(root)) reporter.warn(`${file} ${message}`);
  const blocked = planned.flatMap(({ plan }) => plan.blocked);
  if (blocked.length > 0) {
    throw new RunError('your own files would be overwritten; nothing was written', {
      details: blocked.map(({ path, reason }) => `${path} ${reason}`),
      hint: removeFirst,
    });
  }
  for (const [file, text] of await staleSchemas(root)) await writeInput(root, file, text);
  const results = [];
  for (const { cluster, plan: whole } of planned) {
    const plan = options.prune ? whole : { ...whole, delete: [] };
    const stale = whole.delete.slice(plan.delete.length).map(({ path }) => path);
    reporter.files(changes(plan));
    await applyPlan(root, plan);
    const written = [...plan.create, ...plan.change].map(({ path }) => path);
    const deleted = plan.delete.map(({ path }) => path);
    results.push({ cluster: cluster.name, written, deleted, stale, unchanged: plan.keep.length });
    for (const { path, reason } of plan.unexpected)
      reporter.warn(`${path} ${reason}, and stays: remove it, or move it to overrides/`);
    reporter.status(summary(cluster.name, written.length, deleted.length, plan.keep.length));
    if (stale.length > 0)
      reporter.warn(
        `${count(stale.length, 'generated file')} kept, though stale: ${stale.join(', ')}. Without --no-prune, they are deleted.`,
      );
  }
  reporter.result({ clusters: results }, '');
  return 0;
}

/** Loaded only here: Git takes time to load. */
async function deleted(root: string) {
  const { checkDeleted } = await import('../steps/check-repository.ts');
  return await checkDeleted(root);
}

const removeFirst = 'Move or delete these files first. Your own settings belong in overrides/.';

function summary(name: string, written: number, deleted: number, unchanged: number): string {
  if (written + deleted === 0) return `${name}: nothing to do, ${count(unchanged, 'file')} as generated`;
  return `${name}: wrote ${written}, deleted ${deleted}, left ${unchanged} unchanged`;
}

interface Planned {
  cluster: Cluster;
  plan: TreePlan;
}

/** Plans the clusters. Git takes time, so it is asked once and only when something differs: it tells manual edits from older renderings. */
async function planAll(root: string, clusters: readonly Cluster[]): Promise<Planned[]> {
  const planned: Planned[] = [];
  // In turn, and without the texts: those of 200 clusters would fill the memory.
  for (const cluster of clusters) planned.push(await planOne(root, cluster));
  const differing = planned.flatMap(({ plan }) => [...plan.change, ...plan.delete].map(({ path }) => path));
  const head = differing.length === 0 ? undefined : await textsAtHead(root, differing);
  if (head === undefined) return planned;
  const compared: Planned[] = [];
  for (const one of planned)
    compared.push(one.plan.change.length + one.plan.delete.length === 0 ? one : await planOne(root, one.cluster, head));
  return compared;
}

async function planOne(root: string, cluster: Cluster, head?: ReadonlyMap<string, string>): Promise<Planned> {
  return { cluster, plan: (await planCluster(root, placePlatform(cluster), head)).plan };
}

/** @returns undefined outside a repository: rendering needs none */
async function textsAtHead(root: string, paths: readonly string[]) {
  const { openRepository } = await import('../git/repository.ts');
  try {
    return await (await openRepository(root)).headText(paths);
  } catch (error) {
    if (error instanceof RunError) return undefined;
    throw error;
  }
}

/** The published JSON Schemas are generated, too. @returns those that differ */
async function staleSchemas(root: string): Promise<[file: string, text: string][]> {
  const wanted = [...publishedSchemas].map(([file, compute]): [string, string] => [file, compute()]);
  const there = await Promise.all(wanted.map(([file]) => readText(root, file)));
  return wanted.filter(([, text], index) => there[index] !== text);
}

async function schemaDrift(root: string): Promise<string[]> {
  return (await staleSchemas(root)).map(([file]) => `differs    ${file}`);
}
