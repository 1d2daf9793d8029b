import { RunError } from '../report/errors.ts';
import type { Api } from './api.ts';
import { ApiError } from './api-error.ts';
import { kindsOf } from './inventory.ts';
import { describeObject, type LiveObject, type ObjectReference } from './live.ts';
import { inParallel } from './parallel.ts';
import { waitUntil } from './wait.ts';

export interface RemoveOptions {
  /** Seconds that finalizers may take before they are taken off. Default 60, in a namespace 10: their controllers are gone. */
  patience?: number;
  /** Leaves what belongs to the objects (ownerReferences) where it is. */
  orphan?: boolean;
  /** Takes a line about what did not go by itself. */
  report?: (line: string) => void;
}

/** Seconds that Kubernetes itself may take. */
const longest = 300;

/** @returns the API's path of an object; undefined when its kind is not there any more */
async function pathOf(api: Api, { apiVersion, kind, metadata }: ObjectReference): Promise<string | undefined> {
  const resource = await api.findResource(apiVersion, kind);
  if (resource === undefined) return undefined;
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const inside = resource.namespaced ? `/namespaces/${encodeURIComponent(metadata.namespace ?? 'default')}` : '';
  return `${root}${inside}/${resource.plural}/${encodeURIComponent(metadata.name)}`;
}

async function deleteOne(api: Api, object: ObjectReference, orphan: boolean): Promise<void> {
  const path = await pathOf(api, object);
  if (path === undefined) return;
  try {
    await api.request({
      method: 'DELETE',
      path,
      body: {
        apiVersion: 'meta.k8s.io/v1',
        kind: 'DeleteOptions',
        propagationPolicy: orphan ? 'Orphan' : 'Background',
      },
    });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  }
}

const kubernetesOwn = /^(orphan|foregroundDeletion|kubernetes|([^/]+\.)?(kubernetes|k8s)\.io(\/.*)?)$/;

/** Finalizers that Kubernetes' own controllers serve: a load balancer or a volume would be left behind without them. */
function ownFinalizers({ metadata }: LiveObject): string[] {
  return (metadata.finalizers ?? []).filter((name) => kubernetesOwn.test(name));
}

function foreignFinalizers(object: LiveObject): string[] {
  const own = ownFinalizers(object);
  return (object.metadata.finalizers ?? []).filter((name) => !own.includes(name));
}

/** Takes all finalizers off but Kubernetes' own, whatever they wait for; used where their controller is gone, or going. */
export async function stripFinalizers(api: Api, object: LiveObject): Promise<void> {
  const own = ownFinalizers(object);
  const path = await pathOf(api, object);
  if (path === undefined) return;
  try {
    await api.request({
      method: 'PATCH',
      path,
      contentType: 'application/merge-patch+json',
      body: { metadata: { finalizers: own.length === 0 ? null : own } },
    });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  }
}

/**
 * Deletes objects and waits until they are gone. What still has a finalizer when time is up loses it, and that is told: nothing
 * stays Terminating. Kubernetes' own finalizers are waited for, since a load balancer may take minutes to go.
 *
 * @throws RunError when something does not go even so
 */
export async function removeObjects(
  api: Api,
  objects: readonly ObjectReference[],
  { patience = 60, orphan = false, report }: RemoveOptions = {},
): Promise<void> {
  await inParallel(objects, 6, (object) => deleteOne(api, object, orphan));
  let left = await waitForEnd(api, objects, patience);
  if (left.length === 0) return;
  for (const object of left) {
    const held = foreignFinalizers(object);
    if (held.length === 0) continue;
    report?.(`${describeObject(object)} waited for ${held.join(', ')}: taken off`);
    await stripFinalizers(api, object);
  }
  left = await waitForEnd(api, left, longest);
  if (left.length === 0) return;
  throw new RunError(`still there: ${left.map(describeObject).join(', ')}`, {
    hint: 'Somebody makes them again, or holds them with a new finalizer. Run it again when that has ended.',
  });
}

/** An object of the same name that came later counts as there, too: then somebody makes it again. */
async function waitForEnd(api: Api, objects: readonly ObjectReference[], seconds: number): Promise<LiveObject[]> {
  let left: LiveObject[] = [];
  await waitUntil(
    async () => {
      const found = await inParallel(objects, 6, (object) => api.find<LiveObject>(object));
      left = found.filter((object) => object !== undefined);
      return left.length === 0;
    },
    { seconds, pause: 500 },
  );
  return left;
}

/**
 * Deletes a namespace with all that is in it, and waits until it is gone. What holds it up by a finalizer loses that.
 *
 * @throws RunError with the API server's own reason when it does not go
 */
export async function removeNamespace(
  api: Api,
  name: string,
  { patience = 10, report }: RemoveOptions = {},
): Promise<void> {
  const reference = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await deleteOne(api, reference, false);
  const gone = async () => (await api.find(reference)) === undefined;
  const end = Date.now() + longest * 1000;
  while (Date.now() < end) {
    if (await waitUntil(gone, { seconds: patience })) return;
    const kinds = (await kindsOf(api, { all: true })).filter(({ namespaced }) => namespaced);
    const lists = await inParallel(kinds, 6, async ({ apiVersion, kind }) => {
      const { items } = await api.list<LiveObject>(apiVersion, kind, { namespace: name });
      return items;
    });
    for (const object of lists.flat()) {
      const held = foreignFinalizers(object);
      if (held.length === 0 || object.metadata.deletionTimestamp === undefined) continue;
      report?.(`${describeObject(object)} waited for ${held.join(', ')}: taken off`);
      await stripFinalizers(api, object);
    }
  }
  const live = await api.find<LiveObject & { status?: { conditions?: { status: string; message?: string }[] } }>(
    reference,
  );
  const reasons = (live?.status?.conditions ?? []).filter(({ status }) => status === 'True');
  throw new RunError(`the namespace ${name} does not go`, {
    details: reasons.flatMap(({ message }) => (message === undefined ? [] : [message])),
    hint: 'Remove what it names, and run it again.',
  });
}
