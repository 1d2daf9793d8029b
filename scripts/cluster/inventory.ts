import type { Api } from './api.ts';
import { ApiError } from './api-error.ts';
import { describeObject, groupOf, type LiveObject, type ObjectReference } from './live.ts';
import { ownerOf } from './owner.ts';
import { inParallel } from './parallel.ts';

/** A kind of objects that can be listed and deleted. */
export interface Kind {
  apiVersion: string;
  kind: string;
  namespaced: boolean;
}

/** What comes and goes with other objects, or with time: never looked through. */
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
 * @param all true: also kinds whose objects come and go with others
 * @returns every kind of the cluster, in the version that each group prefers; a group whose API does not answer is left out
 */
export async function kindsOf(api: Api, { all = false } = {}): Promise<Kind[]> {
  const { groups = [] } = await api.request<{ groups?: { preferredVersion: { groupVersion: string } }[] }>({
    method: 'GET',
    path: '/apis',
  });
  const versions = ['v1', ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
  const found = await inParallel(versions, 6, async (apiVersion) => {
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { resources = [] } = await orNothing<ResourceList>(api.request({ method: 'GET', path }), {}, [404, 503]);
    return resources
      .filter(({ name, verbs = [] }) => !name.includes('/') && verbs.includes('list') && verbs.includes('delete'))
      .map(({ kind, namespaced }) => ({ apiVersion, kind, namespaced }));
  });
  return found
    .flat()
    .filter(({ kind, apiVersion }) => all || !(passing.has(kind) || apiVersion === 'events.k8s.io/v1'));
}

/**
 * A group whose backend is gone, or a kind that went meanwhile, holds nothing that we could have made there. Any other refusal is
 * passed on: what is not seen would be left behind without a word.
 */
async function orNothing<T>(answer: Promise<T>, nothing: T, statuses: readonly number[]): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && statuses.includes(error.status)) return nothing;
    throw error;
  }
}

/**
 * Finds what an uninstall may have to do with, by what the objects say themselves: Argo CD's mark names the Application. So it
 * needs neither Argo CD nor the Applications, and finds the same after a run that was killed.
 *
 * @param applications names of Applications
 * @returns per Application its objects; those that we applied ourselves stand under `''`
 * @throws ApiError when a kind can't be listed
 */
export async function takeInventory(
  api: Api,
  applications: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly LiveObject[]>> {
  const lists = await inParallel(await kindsOf(api), 6, async ({ apiVersion, kind }) => {
    const { items } = await orNothing(api.list(apiVersion, kind), { items: [], resourceVersion: '' }, [404, 405]);
    return items;
  });
  const found = new Map<string, LiveObject[]>();
  for (const object of lists.flat()) {
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

/** @returns a text that tells objects apart, also those of one name in different groups, whatever version they are read in */
export function keyOf(object: ObjectReference): string {
  return `${groupOf(object.apiVersion)} ${describeObject(object)}`;
}
