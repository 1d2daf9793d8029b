import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Cluster } from '../../../config/cluster.ts';
import { loadCluster } from '../../../config/load.ts';
import { placePlatform } from '../../../tree/place.ts';
import { renderTree } from '../../../tree/render.ts';
import { factsOf } from '../../../tree/rules/facts.ts';
import { merge } from '../../../tree/rules/merged-values.ts';
import { type ParsedTree, parseTree } from '../../../tree/rules/parsed-tree.ts';
import { readInputs } from '../../../workspace/read-inputs.ts';
import type { Settings } from '../config-options.ts';
import { checkout, type TestRepository, testRepository } from '../repository.ts';

/** A checkout with the tree of one cluster written into it. */
export interface Scenario {
  name: string;
  root: string;
  cluster: Cluster;
  tree: ParsedTree;
  remove(): void;
}

const golden = join(checkout, 'scripts', 'dev', 'golden');

/** The demo, and every cluster that has a golden tree. */
export const scenarioNames: readonly string[] = [
  'demo',
  ...readdirSync(golden)
    .filter((file) => file.endsWith('.cluster.yaml'))
    .map((file) => file.replace('.cluster.yaml', ''))
    .sort(),
];

/**
 * Writes a cluster's tree into a checkout of its own, as `npm run render` does. With host: auto the address is taken as
 * discovered, so that every component is there.
 *
 * @param overrides text of the user's own values, by component
 * @param settings laid over the cluster.yaml of a golden tree
 * @param files texts of further files of the repository
 */
export async function openScenario(
  name: string,
  overrides: Readonly<Record<string, string>> = {},
  settings: Settings = {},
  files: Readonly<Record<string, string>> = {},
): Promise<Scenario> {
  const file = () => stringify(merge(parse(clusterFile(name)), settings));
  const repository = name === 'demo' ? testRepository() : testRepository({ [name]: file() });
  repository.write(`clusters/${name}/discovered.yaml`, 'host: 192.168.10.240\n');
  for (const [component, text] of Object.entries(overrides))
    repository.write(`clusters/${name}/overrides/${component}.yaml`, text);
  for (const [path, text] of Object.entries(files)) repository.write(path, text);
  const cluster = loadCluster(repository.root, name);
  writeTree(repository, renderTree(cluster));
  const inputs = await readInputs(repository.root, [cluster.folder, 'infrastructure', 'apps']);
  const tree = parseTree(name, inputs, { facts: factsOf(placePlatform(cluster)) });
  return { name, root: repository.root, cluster, tree, remove: () => repository.remove() };
}

function clusterFile(name: string): string {
  return readFileSync(join(golden, `${name}.cluster.yaml`), 'utf8');
}

function writeTree({ root }: TestRepository, tree: ReadonlyMap<string, string>): void {
  for (const [path, text] of tree) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
