import { RunError } from '../report/errors.ts';
import type { Api } from './api.ts';
import { ApiError } from './api-error.ts';
import { applicationApi, type LiveApplication } from './applications.ts';
import type { ObjectReference } from './live.ts';
import { waitUntil } from './wait.ts';

/** Action that makes a root apply the newest commit. */
export type Haste =
  /** The newest commit is applied or syncing. */
  | { kind: 'nothing'; why: string }
  /** The sync of an older (or unknown) commit blocks it and must be ended. */
  | { kind: 'end'; at: string | undefined }
  /** Its operation is already ending. */
  | { kind: 'ending' }
  /** No operation runs: Argo CD has not fetched the commit, or has given up on it. */
  | { kind: 'start' };

/**
 * Decides how to make a root apply the newest commit. Pure.
 *
 * @param newest the newest commit in Git; undefined: unknown
 */
export function hasteFor({ operation, status = {} }: LiveApplication, newest: string | undefined): Haste {
  const { operationState, sync } = status;
  const short = newest?.slice(0, 7);
  if (operationState?.phase === 'Terminating') return { kind: 'ending' };
  const requested = (operation as { sync?: { revision?: string } } | undefined)?.sync?.revision;
  if (operation !== undefined || operationState?.phase === 'Running') {
    const at = operationState?.phase === 'Running' ? operationState.syncResult?.revision : requested;
    return newest !== undefined && at === newest
      ? { kind: 'nothing', why: `is already syncing the newest commit ${short}` }
      : { kind: 'end', at };
  }
  const current = newest !== undefined && sync?.revision === newest && sync.status === 'Synced';
  const good = operationState === undefined || operationState.phase === 'Succeeded';
  return current && good ? { kind: 'nothing', why: `has applied the newest commit ${short}` } : { kind: 'start' };
}

/** Result of the action. */
export interface Taken {
  /** Commit of the ended operation. */
  ended?: string;
  /** auto: Argo CD's auto-sync applied it. asked: we requested a sync. current: there was nothing to apply. */
  how: 'auto' | 'asked' | 'current';
  /** Applied or syncing commit. */
  commit?: string;
}

/** Time limits in seconds for ending an operation, for a refresh, and for auto-sync to start. */
const patience = { end: 60, look: 30, auto: 8 };

/**
 * Ends a root's operation that blocks a newer commit, and makes sure that the newest one starts. Argo CD's auto-sync
 * applies a commit that it has not tried; a commit that it gave up on is requested explicitly.
 *
 * @throws RunError when the operation does not end, or none starts
 */
export async function takeNewest(api: Api, root: ObjectReference, newest: string | undefined): Promise<Taken> {
  const read = async () => {
    const live = await api.find<LiveApplication>(root);
    if (live === undefined) throw new RunError(`the root Application ${root.metadata.name} no longer exists`);
    return live;
  };
  const before = await read();
  const haste = hasteFor(before, newest);
  const ended = haste.kind === 'end' ? await end(api, before, haste.at) : {};
  const free = await waitUntil(async () => !isBusy(await read()), { seconds: patience.end, pause: 500 });
  // A newer operation may have started meanwhile, which is the goal.
  if (!free && hasteFor(await read(), newest).kind !== 'nothing')
    throw new RunError(`the operation of ${root.metadata.name} did not end within ${patience.end} s`, {
      hint: "Check that Argo CD's application controller is running: it ends operations.",
    });
  const asked = await ask(api, root);
  const old = before.status?.operationState?.startedAt;
  let found: LiveApplication = await read();
  const begun = () => isBusy(found) || found.status?.operationState?.startedAt !== old;
  const done = () => hasteFor(found, newest).kind === 'nothing';
  const looked = () => (found.metadata.annotations?.[refreshAnnotation] ?? '') === '';
  const look = (question: () => boolean, seconds: number) =>
    waitUntil(
      async () => {
        found = await read();
        return question();
      },
      { seconds, pause: 500 },
    );
  await look(() => begun() || done() || looked(), patience.look);
  await look(() => begun() || done(), patience.auto);
  if (begun()) return { ...ended, how: 'auto', ...commitOf(found) };
  if (done() || (newest === undefined && found.status?.sync?.status === 'Synced'))
    return { ...ended, how: 'current', ...commitOf(found) };
  await request(api, found, newest);
  const started = await look(() => begun() || done(), patience.look);
  if (started) return { ...ended, how: 'asked', ...commitOf(found) };
  throw new RunError(`Argo CD did not start a sync of ${root.metadata.name}`, {
    hint: `${asked ? 'Check that its application controller is running.' : 'The refresh request failed.'} npm run status shows more.`,
  });
}

const refreshAnnotation = 'argocd.argoproj.io/refresh';

function isBusy({ operation, status }: LiveApplication): boolean {
  const phase = status?.operationState?.phase;
  return operation !== undefined || phase === 'Running' || phase === 'Terminating';
}

function commitOf({ operation, status }: LiveApplication): { commit?: string } {
  const requested = (operation as { sync?: { revision?: string } } | undefined)?.sync?.revision;
  const running = status?.operationState?.phase === 'Running' ? status.operationState.syncResult?.revision : undefined;
  const commit = running ?? requested ?? status?.sync?.revision;
  return commit === undefined ? {} : { commit };
}

/** As Argo CD's own server does it: https://github.com/argoproj/argo-cd/blob/v3.5.0/server/application/application.go (TerminateOperation) */
async function end(api: Api, root: LiveApplication, at: string | undefined): Promise<{ ended?: string }> {
  // Cancels a requested operation that has not started.
  const begun = root.status?.operationState?.phase === 'Running';
  const patch = begun ? { status: { operationState: { phase: 'Terminating' } } } : { operation: null };
  await patchAsSeen(api, root, patch);
  return { ended: at ?? 'unknown' };
}

async function ask(api: Api, root: ObjectReference): Promise<boolean> {
  try {
    await api.merge(root, { metadata: { annotations: { [refreshAnnotation]: 'normal' } } });
    return true;
  } catch (error) {
    if (error instanceof ApiError) return false;
    throw error;
  }
}

/** Requests the same operation as auto-sync, with the tree's retry settings. */
async function request(api: Api, root: LiveApplication, newest: string | undefined): Promise<void> {
  const { syncPolicy } = (root.spec ?? {}) as { syncPolicy?: { syncOptions?: string[]; retry?: object } };
  await patchAsSeen(api, root, {
    operation: {
      initiatedBy: { username: 'breakwater' },
      ...(syncPolicy?.retry === undefined ? {} : { retry: syncPolicy.retry }),
      sync: {
        prune: true,
        ...(newest === undefined ? {} : { revision: newest }),
        ...(syncPolicy?.syncOptions === undefined ? {} : { syncOptions: syncPolicy.syncOptions }),
      },
    },
  });
}

/** Patches the root only if it has not changed since we read it: another change means that it has moved on. */
async function patchAsSeen(api: Api, { metadata }: LiveApplication, patch: object): Promise<void> {
  const { name, namespace, resourceVersion } = metadata;
  const reference = {
    apiVersion: applicationApi,
    kind: 'Application',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  };
  try {
    await api.merge(reference, { metadata: { resourceVersion }, ...patch });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error;
  }
}
