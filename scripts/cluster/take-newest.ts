import { RunError } from '../report/errors.ts';
import type { Api } from './api.ts';
import { ApiError } from './api-error.ts';
import { applicationApi, type LiveApplication } from './applications.ts';
import type { ObjectReference } from './live.ts';
import { waitUntil } from './wait.ts';

/** What a root needs so that it takes the newest commit. */
export type Haste =
  /** It has it, or is on its way. */
  | { kind: 'nothing'; why: string }
  /** An older commit (or one that is not known to be the newest) holds it up. */
  | { kind: 'end'; at: string | undefined }
  /** Its operation is being ended already. */
  | { kind: 'ending' }
  /** Nothing runs: Argo CD has not looked at Git, or has given the commit up. */
  | { kind: 'start' };

/**
 * Decides what to do with a root so that it takes the newest commit. Pure.
 *
 * @param newest the commit that Git has; undefined: not known
 */
export function hasteFor({ operation, status = {} }: LiveApplication, newest: string | undefined): Haste {
  const { operationState, sync } = status;
  const short = newest?.slice(0, 7);
  if (operationState?.phase === 'Terminating') return { kind: 'ending' };
  const requested = (operation as { sync?: { revision?: string } } | undefined)?.sync?.revision;
  if (operation !== undefined || operationState?.phase === 'Running') {
    const at = operationState?.phase === 'Running' ? operationState.syncResult?.revision : requested;
    return newest !== undefined && at === newest
      ? { kind: 'nothing', why: `is syncing the newest commit ${short} already` }
      : { kind: 'end', at };
  }
  const current = newest !== undefined && sync?.revision === newest && sync.status === 'Synced';
  const good = operationState === undefined || operationState.phase === 'Succeeded';
  return current && good ? { kind: 'nothing', why: `has applied the newest commit ${short}` } : { kind: 'start' };
}

/** What became of it. */
export interface Taken {
  /** Commit whose operation was ended. */
  ended?: string;
  /** auto: Argo CD took it by itself. asked: a sync was requested. current: there was nothing to apply. */
  how: 'auto' | 'asked' | 'current';
  /** Commit that it is at, or is syncing. */
  commit?: string;
}

/** Seconds: an operation that was told to end does so within some; Argo CD begins a sync within some, or not at all. */
const patience = { end: 60, look: 30, auto: 8 };

/**
 * Ends the operation of a root that holds up a newer commit, and sees to it that the newest one is begun. Argo CD's auto-sync
 * takes a commit that it has not tried; one that it has given up is asked for by name.
 *
 * @throws RunError when the operation does not end, or none begins
 */
export async function takeNewest(api: Api, root: ObjectReference, newest: string | undefined): Promise<Taken> {
  const read = async () => {
    const live = await api.find<LiveApplication>(root);
    if (live === undefined) throw new RunError(`the root Application ${root.metadata.name} is not there any more`);
    return live;
  };
  const before = await read();
  const haste = hasteFor(before, newest);
  const ended = haste.kind === 'end' ? await end(api, before, haste.at) : {};
  const free = await waitUntil(async () => !isBusy(await read()), { seconds: patience.end, pause: 500 });
  // A newer operation may have begun in between: that is what is wanted.
  if (!free && hasteFor(await read(), newest).kind !== 'nothing')
    throw new RunError(`the operation of ${root.metadata.name} does not end within ${patience.end} s`, {
      hint: 'Is the application controller of Argo CD running? It is what ends it.',
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
  throw new RunError(`Argo CD does not begin a sync of ${root.metadata.name}`, {
    hint: `${asked ? 'Is its application controller running?' : 'It could not be asked to look at Git.'} npm run status says more.`,
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
  // An operation that was requested and not begun is taken back.
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

/** The same operation that auto-sync makes, so that it retries as the tree says. */
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

/** Nothing is changed that has changed since it was seen; then anyone who changed it has moved the root on. */
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
