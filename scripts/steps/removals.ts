import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { KubernetesObject } from '../components/component.ts';
import { components } from '../components/index.ts';
import type { Cluster } from '../config/cluster.ts';
import { listClusters } from '../config/load.ts';
import { readRemovals, removalsFile } from '../config/removals.ts';
import { type Holdings, refusedRemovals, staleEntries } from '../diff/removals.ts';
import { allObjects, children } from '../tree/rules/parsed-tree.ts';
import type { CheckFinding } from './check-cluster.ts';
import { readSide } from './render-side.ts';

const reason =
  'large deletions must be listed in removals.yaml, where reviewers see them: a typo must not delete half a platform or a team (argoproj/argo-cd#7412)';

/**
 * Finds deletions between two states of the repository.
 *
 * @param before folder with the base's files
 * @param rendered CRDs of both states by cluster, where charts were rendered; only CRDs of one state matter
 */
export async function checkRemovals(
  before: string,
  after: string,
  clusters: readonly Cluster[],
  rendered: { before: Holdings['crds']; after: Holdings['crds'] } = { before: new Map(), after: new Map() },
): Promise<CheckFinding[]> {
  const named = readRemovals(after);
  const now = await holdings(after, rendered.after);
  const finding = (message: string): CheckFinding => ({ rule: 'removals', file: removalsFile, message, reason });
  return [
    ...refusedRemovals(await holdings(before, rendered.before), now, named, bringsCrds(clusters)).map(
      ({ message, names }) => finding(`${message}. If that is intended, add: ${names.join(', ')}`),
    ),
    ...staleEntries(named, now).map((entry) => finding(`names ${entry}, which exists: remove the entry`)),
  ];
}

/** @returns a function that tells whether a component has CRDs, by its declared kinds */
export function bringsCrds(clusters: readonly Cluster[]): (application: string) => boolean {
  const [cluster] = clusters;
  return (application) =>
    cluster !== undefined &&
    components
      .find(({ name }) => name === application)
      ?.clusterKinds(cluster)
      .includes('apiextensions.k8s.io/CustomResourceDefinition') === true;
}

async function holdings(folder: string, rendered: Holdings['crds']): Promise<Holdings> {
  const applications = new Map<string, Set<string>>();
  const crds = new Map<string, Set<string>>();
  for (const cluster of listClusters(folder)) {
    const { tree } = await readSide(folder, cluster);
    applications.set(cluster, new Set(children(tree).map(({ name }) => name)));
    const own = crdsAmong(allObjects(tree).map(({ object }) => object));
    crds.set(cluster, new Set([...own, ...(rendered.get(cluster) ?? [])]));
  }
  return { applications, crds, tenants: new Set(tenantsIn(folder)) };
}

/** @returns names of the CRDs among objects */
export function crdsAmong(objects: readonly KubernetesObject[]): string[] {
  return objects.filter(({ kind }) => kind === 'CustomResourceDefinition').map(({ metadata }) => metadata.name);
}

function tenantsIn(folder: string): string[] {
  const place = join(folder, 'tenants');
  if (!existsSync(place)) return [];
  return readdirSync(place, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(place, entry.name, 'tenant.yaml')))
    .map(({ name }) => name);
}
