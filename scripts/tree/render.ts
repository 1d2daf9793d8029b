import type { Component, KubernetesObject } from '../components/component.ts';
import { components, enabledComponents, waitingForHost } from '../components/index.ts';
import type { Cluster } from '../config/cluster.ts';
import { application } from './application.ts';
import type { Placed } from './graph.ts';
import { kustomization, namespaces, project, root, sentinel } from './platform.ts';
import { readme } from './readme.ts';
import { computeWaves } from './waves.ts';
import { header, toYaml } from './yaml.ts';

/** The tree as text: path (relative to the repository, forward slashes) → content. */
export type Tree = ReadonlyMap<string, string>;

/** @returns the components that are in the tree, with their waves */
export function placedComponents(cluster: Cluster): Placed[] {
  const enabled = enabledComponents(cluster);
  const waves = computeWaves(components, enabled);
  const waiting = new Set(waitingForHost(cluster));
  return enabled
    .filter((component) => !waiting.has(component))
    .map((component) => ({ component, wave: waves.get(component.name) ?? 0 }))
    .sort((a, b) => a.wave - b.wave);
}

/**
 * Renders the whole tree of a cluster: clusters/<name>/{bootstrap.yaml, README.md, apps/, values/, manifests/}.
 *
 * Pure: the same cluster gives the same bytes.
 */
export function renderTree(cluster: Cluster): Tree {
  const placed = placedComponents(cluster);
  const list = placed.map(({ component }) => component);
  const file = `${cluster.folder}/cluster.yaml`;
  const line = header(file, cluster.name);
  const tree = new Map<string, string>();
  const apps: string[] = [];
  const app = (name: string, objects: readonly KubernetesObject[]): void => {
    apps.push(name);
    tree.set(`${cluster.folder}/apps/${name}`, toYaml(line, objects));
  };

  tree.set(`${cluster.folder}/bootstrap.yaml`, toYaml(line, [root(cluster)]));
  app('00-project.yaml', [project(cluster, list)]);
  app('00-namespaces.yaml', namespaces(cluster, list));
  for (const { component, wave } of placed) {
    const manifests = component.manifests?.(cluster) ?? [];
    app(`${String(wave).padStart(2, '0')}-${component.name}.yaml`, [
      application(cluster, component, wave, manifests.length > 0),
    ]);
    for (const [path, objects] of manifestFiles(cluster, component, manifests)) tree.set(path, toYaml(line, objects));
    const values = chartValues(cluster, component);
    if (values !== undefined) {
      tree.set(
        `${cluster.folder}/values/${component.name}.yaml`,
        toYaml(header(file, cluster.name, ` (or put your own values into overrides/${component.name}.yaml)`), [values]),
      );
    }
  }
  const last = Math.max(0, ...placed.map(({ wave }) => wave)) + 1;
  app(`${String(last).padStart(2, '0')}-ready.yaml`, [sentinel(cluster, last)]);
  tree.set(`${cluster.folder}/apps/kustomization.yaml`, toYaml(line, [kustomization(apps)]));
  tree.set(`${cluster.folder}/README.md`, readme(cluster, placed));
  return tree;
}

function chartValues(cluster: Cluster, component: Component): Record<string, unknown> | undefined {
  return component.sources(cluster).some((source) => source.kind === 'chart')
    ? (component.values?.(cluster) ?? {})
    : undefined;
}

/** One file per object, named after its kind and name: a pull request's diff then shows what it is about. */
function manifestFiles(
  cluster: Cluster,
  component: Component,
  objects: readonly KubernetesObject[],
): [string, KubernetesObject[]][] {
  return objects.map((object) => [
    `${cluster.folder}/manifests/${component.name}/${object.kind.toLowerCase()}-${object.metadata.name}.yaml`,
    [object],
  ]);
}
