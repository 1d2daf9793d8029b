import { isDeepStrictEqual } from 'node:util';
import type { Api } from '../../../cluster/api.ts';
import type { LiveData, LiveObject } from '../../../cluster/live.ts';
import { inParallel } from '../../../cluster/parallel.ts';

/** Every kind that a bootstrap writes. */
const kinds: readonly (readonly [apiVersion: string, kind: string])[] = [
  ['v1', 'Namespace'],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
  ['v1', 'ServiceAccount'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'],
  ['rbac.authorization.k8s.io/v1', 'Role'],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
  ['v1', 'ConfigMap'],
  ['v1', 'Secret'],
  ['v1', 'Service'],
  ['networking.k8s.io/v1', 'NetworkPolicy'],
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'StatefulSet'],
  ['argoproj.io/v1alpha1', 'AppProject'],
  ['argoproj.io/v1alpha1', 'Application'],
];

/** All objects of these kinds that a cluster holds, by `Kind namespace/name`. */
export type Snapshot = ReadonlyMap<string, LiveData>;

/** What the API server maintains without any run, and changes at any time. */
const ownNamespaces = ['kube-system', 'kube-public', 'kube-node-lease', 'default'];

export async function snapshot(api: Api): Promise<Snapshot> {
  const lists = await inParallel(
    kinds,
    4,
    async ([apiVersion, kind]) => (await api.list<LiveData>(apiVersion, kind)).items,
  );
  const objects = lists
    .flat()
    .filter(({ metadata }) => !ownNamespaces.includes(metadata.namespace ?? metadata.name))
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/bootstrapping'] === undefined);
  return new Map(objects.map((object) => [nameOf(object), object]));
}

function nameOf({ kind, metadata }: LiveObject): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
}

/** @returns what was written between two snapshots: came, went, or was changed in any way, by name, sorted */
export function written(before: Snapshot, after: Snapshot): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  const version = (found: Snapshot, name: string) => found.get(name)?.metadata.resourceVersion;
  return [...names].filter((name) => version(before, name) !== version(after, name)).sort();
}

/** @returns names whose stated content differs; ids, times, versions and statuses aside */
export function different(before: Snapshot, after: Snapshot): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => !isDeepStrictEqual(stated(before.get(name)), stated(after.get(name)))).sort();
}

/** Given by the server by chance. */
const byChance = ['clusterIP', 'clusterIPs'];

function stated(object: LiveData | undefined): unknown {
  if (object === undefined) return undefined;
  const { metadata, status: _status, ...rest } = object as LiveData & { status?: unknown };
  const { name, namespace, labels, annotations = {} } = metadata;
  // A root that is registered again is asked to look at Git; Argo CD takes that off.
  const { 'argocd.argoproj.io/refresh': _refresh, ...notes } = annotations;
  const text = JSON.stringify({ ...rest, metadata: { name, namespace, labels, annotations: notes } }, (key, value) =>
    byChance.includes(key) ? 'by chance' : value,
  );
  return JSON.parse(text);
}

/** @returns the values of a Secret, decoded; throws when it is not there */
export function secretOf(found: Snapshot, name: string): Record<string, string> {
  const secret = found.get(`Secret ${name}`);
  if (secret === undefined) throw new Error(`there is no Secret ${name}`);
  return Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
}
