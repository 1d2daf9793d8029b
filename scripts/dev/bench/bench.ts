import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadAllClusters } from '../../config/load.ts';
import { newClusterFile } from '../../config/new-cluster.ts';
import { newTenantFile } from '../../config/new-tenant.ts';
import { loadTenants } from '../../config/tenants.ts';
import { findTool } from '../../tools/find.ts';
import { renderTree } from '../../tree/render.ts';
import { parseTree } from '../../tree/rules/parsed-tree.ts';
import { synthesize } from './cdk8s.ts';
import { runWhole, writePeers } from './whole-programs.ts';

/**
 * `npm run bench`: how long rendering takes, beside cdk8s, kustomize and helm writing the very same objects in the same run, and
 * what starting the program costs. Medians; nothing here is asserted by a test.
 */
async function main(): Promise<void> {
  const repository = fileURLToPath(new URL('../../..', import.meta.url));
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-bench-'));
  try {
    console.log(`Node ${process.versions.node}, ${process.platform} ${process.arch}\n`);
    console.log('clusters   render ms   per cluster   cdk8s ms   per cluster   objects');
    for (const count of [1, 50, 200]) await compare(repository, join(folder, `render-${count}`), count);
    await wholeProcess(repository, join(folder, 'render-1'), join(folder, 'render-200'));
    await besidePeers(repository, join(folder, 'render-1'), join(folder, 'peers'));
    await oneChange(join(folder, 'render-200'));
    await thousandTenants(join(folder, 'render-1'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Loads and renders many clusters, and lets cdk8s write the same objects. */
async function compare(repository: string, root: string, count: number): Promise<void> {
  await makeClusters(repository, root, count);
  const ours = median(5, () => {
    for (const cluster of loadAllClusters(root)) renderTree(cluster);
  });
  const trees = loadAllClusters(root).map((cluster) => parseTree(cluster.name, renderTree(cluster)));
  const charts = trees.map((tree) => ({
    name: tree.clusterName,
    objects: [...tree.files.values()].flatMap(({ objects }) => objects),
  }));
  const objects = charts.reduce((sum, chart) => sum + chart.objects.length, 0);
  const theirs = median(count > 50 ? 1 : 3, () => synthesize(charts));
  const row = [
    count,
    ours.toFixed(0),
    (ours / count).toFixed(2),
    theirs.toFixed(0),
    (theirs / count).toFixed(2),
    objects,
  ];
  console.log(row.map((value, index) => String(value).padStart([8, 12, 14, 11, 14, 10][index] ?? 0)).join(''));
}

/** What a person waits for: the program's start alone, one cluster rendered and checked, 200 clusters rendered. */
async function wholeProcess(repository: string, one: string, many: string): Promise<void> {
  const run =
    (root: string, ...parameters: string[]) =>
    () =>
      breakwater(repository, root, parameters);
  const start = median(7, run(one, '--help'));
  // An unknown cluster ends the command when all of its code is loaded and none has worked.
  const loaded = median(7, () => breakwater(repository, one, ['validate', '--cluster', 'none'], 2));
  breakwater(repository, one, ['render']);
  breakwater(repository, many, ['render', '--all']);
  const check = median(7, run(one, 'validate'));
  const all = median(3, run(many, 'render', '--all', '--check'));
  console.log(`\nwhole process, median ms`);
  console.log(`  start alone (--help)                        ${start.toFixed(0)}`);
  console.log(`  start with the command's code loaded        ${loaded.toFixed(0)}`);
  console.log(
    `  one cluster, rendered and checked           ${check.toFixed(0)}   ${(check / loaded).toFixed(2)} x the loaded start`,
  );
  console.log(`  200 clusters, rendered and compared         ${all.toFixed(0)}`);
}

/** One cluster's objects, each program from start to end: what a person waits for. */
async function besidePeers(repository: string, root: string, folder: string): Promise<void> {
  const tools = { kubectl: await findTool('kubectl'), helm: await findTool('helm') };
  const [tree] = loadAllClusters(root).map((cluster) => parseTree(cluster.name, renderTree(cluster)));
  if (tree === undefined) throw new Error('there is no cluster');
  const rows = [
    { name: 'breakwater render', run: () => void breakwater(repository, root, ['render']) },
    ...(await writePeers(folder, tree, tools)),
  ];
  console.log('\nthe objects of one cluster, whole process, median ms');
  for (const { name, run } of rows) console.log(`  ${name.padEnd(44)}${median(7, run).toFixed(0)}`);
}

/** After one changed cluster.yaml only that cluster's files are written. */
async function oneChange(root: string): Promise<void> {
  const path = join(root, 'clusters', 'c100', 'cluster.yaml');
  await writeFile(path, (await readFile(path, 'utf8')).replace('host: c100.example.com', 'host: changed.example.com'));
  const repository = fileURLToPath(new URL('../../..', import.meta.url));
  const { stderr } = breakwater(repository, root, ['render', '--all', '--json']);
  const changed = stderr.split('\n').filter((line) => line.includes(': wrote '));
  console.log(`\nafter one changed cluster.yaml of 200:\n  ${changed.join('\n  ')}`);
}

/** Each tenant alone, and all together. */
async function thousandTenants(root: string): Promise<void> {
  for (let index = 0; index < 1000; index += 1) {
    const name = `t${index}`;
    await mkdir(join(root, 'tenants', name), { recursive: true });
    const text = newTenantFile({
      name,
      kind: 'namespace',
      owner: `${name}@example.com`,
      members: [`member-${name}@example.com`, `acme:${name}=view`],
      quota: { cpu: '8', memory: '32Gi' },
      clusters: [],
      repositories: [`https://git.example.com/acme/${name}.git`],
    });
    await writeFile(join(root, 'tenants', name, 'tenant.yaml'), text);
  }
  const clusters = loadAllClusters(root);
  console.log(`\n1,000 tenants validated: ${median(5, () => loadTenants(root, clusters)).toFixed(0)} ms`);
}

async function makeClusters(repository: string, root: string, count: number): Promise<void> {
  for (const part of ['infrastructure', 'apps', 'tenants', 'package.json'])
    await cp(join(repository, part), join(root, part), { recursive: true });
  for (let index = 0; index < count; index += 1) {
    const name = `c${index}`;
    await mkdir(join(root, 'clusters', name), { recursive: true });
    await writeFile(
      join(root, 'clusters', name, 'cluster.yaml'),
      newClusterFile({ name, host: `${name}.example.com` }),
    );
  }
}

function breakwater(repository: string, root: string, parameters: readonly string[], code = 0): { stderr: string } {
  return runWhole(process.execPath, [join(repository, 'scripts', 'start.mjs'), ...parameters], { cwd: root, code });
}

/** @returns the median of some runs, in milliseconds */
function median(runs: number, body: () => unknown): number {
  const times = Array.from({ length: runs }, () => {
    const begin = performance.now();
    body();
    return performance.now() - begin;
  }).sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? 0;
}

await main();
