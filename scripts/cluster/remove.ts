import { RunError } from '../report/errors.ts';
import type { Api } from './api.ts';
import { unlessStatus } from './api-error.ts';
import { kindsOf } from './inventory.ts';
import { describeObject, type LiveObject, type ObjectReference } from './live.ts';
import { inParallel } from './parallel.ts';
import { waitUntil } from './wait.ts';

export interface RemoveOptions {
  /** Seconds to wait for finalizers before removing them. Default 60, in a namespace 10, since their controllers are gone. */
  patience?: number;
  /** Keeps dependents (ownerReferences). */
  orphan?: boolean;
  /** Receives a line for each object that needed help to go. */
  report?: (line: string) => void;
}

/** Seconds to wait for Kubernetes' own controllers. */
const longest = 300;

/** @returns the API path of an object; undefined when its kind no longer exists */
async function pathOf(api: Api, { apiVersion, kind, metadata }: ObjectReference): Promise<string | undefined> {
  const resource = await api.findResource(apiVersion, kind);
  if (resource === undefined) return undefined;
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const inside = resource.namespaced ? `/namespaces/${encodeURIComponent(metadata.namespace ?? 'default')}` : '';
  return `${root}${inside}/${resource.plural}/${encodeURIComponent(metadata.name)}`;
}

/** Deletes an object, if it is there. @param orphan true: its dependents stay */
export async function deleteObject(api: Api, object: ObjectReference, orphan = false): Promise<void> {
  const path = await pathOf(api, object);
  if (path === undefined) return;
  const propagationPolicy = orphan ? 'Orphan' : 'Background';
  const body = { apiVersion: 'meta.k8s.io/v1', kind: 'DeleteOptions', propagationPolicy };
  await unlessStatus([404], api.request<unknown>({ method: 'DELETE', path, body }), undefined);
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

/** Removes all finalizers except Kubernetes' own; for objects whose controller is gone or going. */
export async function stripFinalizers(api: Api, object: LiveObject): Promise<void> {
  const own = ownFinalizers(object);
  const path = await pathOf(api, object);
  if (path === undefined) return;
  const body = { metadata: { finalizers: own.length === 0 ? null : own } };
  const patch = { method: 'PATCH', path, contentType: 'application/merge-patch+json', body } as const;
  await unlessStatus([404], api.request<unknown>(patch), undefined);
}

/**
 * Deletes objects and waits until they are gone. After the timeout it removes their finalizers and reports that, so that nothing
 * stays Terminating. It waits for Kubernetes' own finalizers, since a load balancer can take minutes.
 *
 * @throws RunError when an object still remains
 */
export async function removeObjects(
  api: Api,
  objects: readonly ObjectReference[],
  { patience = 60, orphan = false, report }: RemoveOptions = {},
): Promise<void> {
  await inParallel(objects, 6, (object) => deleteObject(api, object, orphan));
  let left = await waitForEnd(api, objects, patience);
  if (left.length === 0) return;
  for (const object of left) {
    const held = foreignFinalizers(object);
    if (held.length === 0) continue;
    report?.(`${describeObject(object)} was stuck on ${held.join(', ')}: removed the finalizers`);
    await stripFinalizers(api, object);
  }
  left = await waitForEnd(api, left, longest);
  if (left.length === 0) return;
  throw new RunError(`still there: ${left.map(describeObject).join(', ')}`, {
    hint: 'Another program re-creates them or adds new finalizers. Stop it, then run it again.',
  });
}

/** Waits until objects are gone. A new object of the same name counts as remaining: another program re-creates it. */
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
 * Deletes a namespace with its contents, and waits until it is gone. Finalizers that block it are removed.
 *
 * @throws RunError with the API server's reason when it is not deleted
 */
export async function removeNamespace(
  api: Api,
  name: string,
  { patience = 10, report }: RemoveOptions = {},
): Promise<void> {
  const reference = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await deleteObject(api, reference);
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
      report?.(`${describeObject(object)} was stuck on ${held.join(', ')}: removed the finalizers`);
      await stripFinalizers(api, object);
    }
  }
  const live = await api.find<LiveObject & { status?: { conditions?: { status: string; message?: string }[] } }>(
    reference,
  );
  const reasons = (live?.status?.conditions ?? []).filter(({ status }) => status === 'True');
  throw new RunError(`the namespace ${name} was not deleted in time`, {
    details: reasons.flatMap(({ message }) => (message === undefined ? [] : [message])),
    hint: 'Remove the listed objects, and run it again.',
  });
}
