import type { Component, KubernetesObject } from '../components/component.ts';
import type { PlacedComponent, Platform } from '../components/platform.ts';
import { withPullSecret } from '../components/pull-secret.ts';
import { secretObjects } from '../components/secret-sources.ts';
import type { Cluster } from '../config/cluster.ts';
import { application } from './application.ts';
import { applicationFile, lastFile } from './application-file.ts';
import { placePlatform } from './place.ts';
import { readme } from './readme.ts';
import {
  lockedDefaultProject,
  namespaces,
  ownProjects,
  project,
  root,
  rootKustomization,
  sentinel,
} from './root-objects.ts';
import { generatedHeader, toYaml } from './yaml.ts';

/** The tree as text: path (relative to the repository, forward slashes) → content. */
export type Tree = ReadonlyMap<string, string>;

/** A tree with its objects, so that callers need not parse the texts. */
export interface RenderedTree {
  tree: Tree;
  /** The documents of each YAML text. */
  documents: ReadonlyMap<string, readonly object[]>;
}

/**
 * Renders the whole tree of a cluster: clusters/<name>/{bootstrap.yaml, README.md, apps/, values/, manifests/}.
 *
 * Pure: the same cluster renders to the same bytes.
 */
export function renderTree(cluster: Cluster): Tree {
  return renderDocuments(placePlatform(cluster)).tree;
}

/** Renders the tree, and keeps the objects beside the texts; see {@link renderTree}. */
export function renderDocuments(platform: Platform): RenderedTree {
  const { cluster, placed } = platform;
  const list = placed.map(({ component }) => component);
  const file = `${cluster.folder}/cluster.yaml`;
  const line = generatedHeader(file, cluster.name);
  const tree = new Map<string, string>();
  const documents = new Map<string, readonly object[]>();
  const write = (path: string, objects: readonly object[], first = line): void => {
    const text = toYaml(first, objects);
    tree.set(`${cluster.folder}/${path}`, text);
    documents.set(text, objects);
  };
  const apps: string[] = [];
  const app = (name: string, objects: readonly KubernetesObject[]): void => {
    apps.push(name);
    write(`apps/${name}`, objects);
  };

  write('bootstrap.yaml', [root(cluster)]);
  app('00-project.yaml', [project(cluster, placed)]);
  if (cluster.argocd.install) app('00-default-project.yaml', [lockedDefaultProject(cluster)]);
  for (const [name, own] of ownProjects(cluster, placed)) app(`00-project-${name}.yaml`, [own]);
  app('00-namespaces.yaml', namespaces(cluster, list));
  for (const entry of placed) {
    const { component, wave } = entry;
    const manifests = [...(component.manifests?.(cluster) ?? []), ...secretObjects(cluster, component)];
    app(applicationFile(wave, component.name), [application(cluster, entry, manifests.length > 0)]);
    for (const object of manifests) write(manifestFile(component, object), [object]);
    const values = chartValues(cluster, entry);
    if (values !== undefined) {
      const more = ` (or put your own values in overrides/${component.name}.yaml)`;
      write(`values/${component.name}.yaml`, [values], generatedHeader(file, cluster.name, more));
    }
  }
  const last = Math.max(0, ...placed.map(({ wave }) => wave)) + 1;
  app(lastFile(last), [sentinel(cluster, last)]);
  write('apps/kustomization.yaml', [rootKustomization(apps)]);
  tree.set(`${cluster.folder}/README.md`, readme(platform));
  return { tree, documents };
}

function chartValues(cluster: Cluster, { component, sources }: PlacedComponent): Record<string, unknown> | undefined {
  return sources.some((source) => source.kind === 'chart')
    ? withPullSecret(cluster, component, component.values?.(cluster) ?? {})
    : undefined;
}

/** One file per object, named after its kind and name, so that pull requests are easy to read. */
function manifestFile(component: Component, object: KubernetesObject): string {
  return `manifests/${component.name}/${object.kind.toLowerCase()}-${object.metadata.name}.yaml`;
}
