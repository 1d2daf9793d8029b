import { groupOf } from '../components/component.ts';
import type { Api } from './api.ts';
import { readable, unlessStatus } from './api-error.ts';
import { describeObject, type LiveObject, type ObjectReference } from './live.ts';
import { ownerOf } from './owner.ts';
import { inParallel } from './parallel.ts';
import { isHandedOver } from './whose.ts';

/** A kind whose objects can be listed and deleted. */
export interface Kind {
  apiVersion: string;
  kind: string;
  namespaced: boolean;
}

/** Kinds whose objects come and go with others or expire: never searched. */
const passing = new Set([
  'Event',
  'Pod',
  'Endpoints',
  'EndpointSlice',
  'ReplicaSet',
  'ControllerRevision',
  'Lease',
  'Node',
]);

interface ResourceList {
  resources?: { name: string; kind: string; namespaced: boolean; verbs?: string[] }[];
}

/**
 * @param all true: include kinds whose objects come and go with others
 * @returns every kind of the cluster, in each group's preferred version; a group whose API does not answer is skipped
 */
export async function kindsOf(api: Api, { all = false } = {}): Promise<Kind[]> {
  const { groups = [] } = await api.request<{ groups?: { preferredVersion: { groupVersion: string } }[] }>({
    method: 'GET',
    path: '/apis',
  });
  const versions = ['v1', ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
  const found = await inParallel(versions, 6, async (apiVersion) => {
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    // A group without a backend cannot contain objects of ours. Any other error must end the run: unseen objects would be left behind.
    const { resources = [] } = await unlessStatus<ResourceList>([404, 503], api.request({ method: 'GET', path }), {});
    return resources
      .filter(({ name, verbs = [] }) => !name.includes('/') && verbs.includes('list') && verbs.includes('delete'))
      .map(({ kind, namespaced }) => ({ apiVersion, kind, namespaced }));
  });
  return found
    .flat()
    .filter(({ kind, apiVersion }) => all || !(passing.has(kind) || apiVersion === 'events.k8s.io/v1'));
}

/**
 * Finds the objects that an uninstall has to handle, by Argo CD's tracking annotation on them. So it
 * needs neither Argo CD nor the Applications, and returns the same after a killed run.
 *
 * @param applications names of Applications
 * @returns objects per Application; those that we applied ourselves are under `''`
 * @throws ApiError when a kind cannot be listed
 */
export async function takeInventory(
  api: Api,
  applications: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly LiveObject[]>> {
  const lists = await inParallel(await kindsOf(api), 6, async ({ apiVersion, kind }) => {
    const { items } = await unlessStatus([404, 405], api.list(apiVersion, kind), { items: [], resourceVersion: '' });
    return items;
  });
  const found = new Map<string, LiveObject[]>();
  // What a person labelled, and no bootstrap has applied since, is still theirs.
  for (const object of lists.flat().filter((one) => !isHandedOver(one))) {
    const owner = ownerOf(object);
    const key =
      owner.kind === 'application' && applications.has(owner.name)
        ? owner.name
        : owner.kind === 'ours'
          ? ''
          : undefined;
    if (key !== undefined) found.set(key, [...(found.get(key) ?? []), object]);
  }
  return found;
}

/** @returns a key that is unique per object across groups, and independent of the API version */
export function keyOf(object: ObjectReference): string {
  return `${groupOf(object)} ${describeObject(object)}`;
}

/** Objects of a cluster by kind, as `Deployment.apps` or `ConfigMap`. */
export type Snapshot = ReadonlyMap<string, readonly LiveObject[]>;

/** @returns the name of an object's kind in a snapshot */
export function kindName(object: Pick<ObjectReference, 'apiVersion' | 'kind'>): string {
  return [object.kind, groupOf(object)].filter((part) => part !== '').join('.');
}

/**
 * Lists all objects of some kinds, and writes nothing.
 *
 * @param kinds as `Deployment.apps`; a kind that the cluster does not serve has no objects
 * @returns the objects, and the kinds that we may not list
 */
export async function readSnapshot(
  api: Api,
  kinds: ReadonlySet<string>,
): Promise<{ snapshot: Snapshot; unreadable: readonly string[] }> {
  const served = (await kindsOf(api, { all: true })).filter((kind) => kinds.has(kindName(kind)));
  const unreadable: string[] = [];
  const lists = await inParallel(served, 6, async (kind) => {
    const found = await readable(() => api.list(kind.apiVersion, kind.kind));
    if (found === undefined) unreadable.push(kindName(kind));
    return [kindName(kind), found?.items ?? []] as const;
  });
  return { snapshot: new Map(lists), unreadable: unreadable.toSorted() };
}
