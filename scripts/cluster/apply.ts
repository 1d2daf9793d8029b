import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '../components/component.ts';
import { RunError } from '../report/errors.ts';
import type { Api } from './api.ts';
import { ApiError, isFieldConflict } from './api-error.ts';
import { describeObject, type LiveObject } from './live.ts';
import { trackingAnnotation } from './owner.ts';
import { inParallel } from './parallel.ts';
import { waitUntil } from './wait.ts';
import { isHandedOver } from './whose.ts';

/** Result for one object. */
export interface Applied {
  /** For example `Deployment argocd/argocd-server`. */
  object: string;
  change: 'created' | 'changed' | 'unchanged';
}

export interface ApplyRun {
  /** Takes over fields from other field managers. Only where the caller says why. */
  force?: boolean;
  /** Takes over the fields of objects that a person has handed over, and no run has applied since (`npm run adopt`). */
  takeHandedOver?: boolean;
  /** Field manager; default `breakwater`. */
  manager?: string;
  /** Skips objects that Argo CD already applies from Git: two writers would undo each other. */
  leaveTracked?: boolean;
  /** Writes nothing and returns the same result, with a server-side dry run where possible. */
  dryRun?: boolean;
  /** Receives one line per changed object. */
  report?: (line: string) => void;
  signal?: AbortSignal;
  /** Seconds until CRDs must be served. Default 60. */
  timeoutSeconds?: number;
}

/** Number of objects of one rank to write in parallel. */
const writers = 6;

const ranks: readonly (readonly string[])[] = [
  ['CustomResourceDefinition'],
  ['Namespace'],
  ['ServiceAccount', 'ClusterRole', 'Role'],
  ['ClusterRoleBinding', 'RoleBinding', 'ConfigMap', 'Secret', 'NetworkPolicy'],
  ['Service'],
];
/** An AppProject must exist before its Applications (argoproj/argo-cd#4369). */
const lastRanks = ['AppProject', 'Application'];

/**
 * Applies objects with server-side apply as the field manager `breakwater`, in dependency order:
 * CRDs first, until they are served, then namespaces, accounts and roles, then the rest, with custom objects last.
 *
 * @param objects in any order; an equal object stays unchanged
 * @returns one entry per object, in the order in which they were applied
 * @throws RunError when another field manager owns a field (with manager and field), ApiError when the server refuses
 */
export async function applyObjects(
  api: Api,
  objects: readonly KubernetesObject[],
  run: ApplyRun = {},
): Promise<Applied[]> {
  const applied: Applied[] = [];
  for (const group of inOrder(objects)) {
    run.signal?.throwIfAborted();
    applied.push(...(await inParallel(group, writers, (object) => applyObject(api, object, run))));
    if (group[0]?.kind === 'CustomResourceDefinition' && run.dryRun !== true) await served(api, group, run);
  }
  return applied;
}

/** @returns the objects in groups that must be applied one after another; no group is empty */
function inOrder(objects: readonly KubernetesObject[]): KubernetesObject[][] {
  const groups = new Map<number, KubernetesObject[]>();
  for (const object of objects) {
    const rank = rankOf(object.kind);
    groups.set(rank, [...(groups.get(rank) ?? []), object]);
  }
  return [...groups.entries()].sort(([a], [b]) => a - b).map(([, group]) => group);
}

function rankOf(kind: string): number {
  const early = ranks.findIndex((kinds) => kinds.includes(kind));
  return early >= 0 ? early : ranks.length + 1 + lastRanks.indexOf(kind);
}

/**
 * Applies one object.
 *
 * @throws RunError when another field manager owns a field and `force` is not set
 */
export async function applyObject(api: Api, object: KubernetesObject, run: ApplyRun = {}): Promise<Applied> {
  const live = await api.find(object);
  const name = describeObject(object);
  const tracked = live?.metadata.annotations?.[trackingAnnotation] !== undefined;
  if (tracked && run.leaveTracked === true) return { object: name, change: 'unchanged' };
  if (live === undefined && run.dryRun === true) return { object: name, change: 'created' };
  const handedOver = live !== undefined && run.takeHandedOver === true && isHandedOver(live);
  try {
    const result = await api.apply(object, {
      ...(run.force === undefined && !handedOver ? {} : { force: run.force === true || handedOver }),
      ...(run.dryRun === undefined ? {} : { dryRun: run.dryRun }),
      ...(run.manager === undefined ? {} : { manager: run.manager }),
    });
    const change = live === undefined ? 'created' : same(live, result) ? 'unchanged' : 'changed';
    if (change !== 'unchanged' && run.dryRun !== true) run.report?.(`${name} ${change}`);
    return { object: name, change };
  } catch (error) {
    if (error instanceof ApiError && isFieldConflict(error.body)) throw conflict(name, error);
    throw error;
  }
}

/** Compares objects, ignoring the fields that the server and controllers maintain. */
function same(before: LiveObject, after: LiveObject): boolean {
  return isDeepStrictEqual(stated(before), stated(after));
}

function stated(object: LiveObject): unknown {
  const { status: _status, ...rest } = object;
  const { managedFields: _fields, generation: _generation, resourceVersion: _version, ...metadata } = object.metadata;
  return { ...rest, metadata };
}

function conflict(name: string, error: ApiError): RunError {
  const details = (error.body.details?.causes ?? []).map((cause) => {
    const manager = /^conflict with "([^"]*)"/.exec(cause.message ?? '')?.[1] ?? cause.message ?? 'another program';
    return `${cause.field ?? 'a field'} belongs to "${manager}"`;
  });
  return new RunError(`${name} was changed by another program and was not touched: ${details.join('; ')}`, {
    details,
    hint: 'To keep the change, make it in Git (overrides/). Otherwise revert it in the cluster. Then run it again.',
    cause: error,
  });
}

async function served(api: Api, definitions: readonly KubernetesObject[], run: ApplyRun): Promise<void> {
  const seconds = run.timeoutSeconds ?? 60;
  let waiting: string[] = [];
  const done = await waitUntil(
    async () => {
      const states = await Promise.all(definitions.map(async (crd) => establishedState(await api.find(crd))));
      waiting = states.filter((state) => state !== undefined);
      return waiting.length === 0;
    },
    { seconds, pause: 200, ...(run.signal === undefined ? {} : { signal: run.signal }) },
  );
  if (!done) throw new RunError(`CRDs were not served within ${seconds} s`, { details: waiting });
}

interface Definition extends LiveObject {
  status?: { conditions?: readonly { type: string; status: string; message?: string }[] };
}

/** @returns undefined when the CRD is served, else the reason why not */
function establishedState(crd: Definition | undefined): string | undefined {
  if (crd === undefined) return 'a CRD was deleted meanwhile';
  const condition = (type: string) => crd.status?.conditions?.find((item) => item.type === type);
  if (condition('Established')?.status === 'True') return undefined;
  const names = condition('NamesAccepted');
  return `${crd.metadata.name}: ${names?.status === 'False' ? names.message : 'not established yet'}`;
}
