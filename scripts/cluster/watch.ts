import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../report/errors.ts';
import type { Api } from './api.ts';
import { ApiError } from './api-error.ts';
import { applicationApi, type LiveApplication } from './applications.ts';
import type { Connection } from './connect.ts';
import { type Failure, type Progress, type ProgressQuestion, progress } from './progress.ts';
import { refreshWaiting } from './refresh.ts';

export interface PlatformWatch extends Omit<ProgressQuestion, 'now' | 'context'> {
  timeoutSeconds: number;
  /** Receives each line that changed. */
  report?: (line: string) => void;
  signal?: AbortSignal;
  /** Seconds that a failure may persist before the wait ends; see `patience`. */
  patience?: Partial<Record<Failure['kind'], number>>;
  /** Milliseconds between checks for changes. Default 500. */
  pause?: number;
}

/**
 * Seconds that a failure may persist. Argo CD retries, and most failures are transient (a webhook that is not up yet), so
 * none ends the wait at once; a late Application never does.
 */
const patience: Readonly<Record<Failure['kind'], number>> = {
  comparison: 120,
  sync: 180,
  degraded: 300,
  late: Number.POSITIVE_INFINITY,
};

/**
 * Waits until the platform is healthy at the pushed commit, and reports progress wave by wave.
 *
 * @returns the last state
 * @throws RunError on timeout or a persistent failure, with the Application, its message and a command for details
 */
export async function watchPlatform(
  connection: Pick<Connection, 'api' | 'context'>,
  watch: PlatformWatch,
): Promise<Progress> {
  const stop = new AbortController();
  const state: Followed = { applications: new Map(), current: false, error: undefined };
  const following = follow(connection.api, watch.namespace, state, stop.signal);
  const standing = new Map<string, number>();
  const shown = new Map<string, string>();
  const asked = new Map<string, number>();
  const ours = new Set([watch.root, ...watch.waves.flatMap(({ applications }) => applications)]);
  const root = { name: watch.root, ...(watch.commit === undefined ? {} : { commit: watch.commit }) };
  const end = Date.now() + watch.timeoutSeconds * 1000;
  try {
    for (;;) {
      watch.signal?.throwIfAborted();
      const now = Date.now();
      const found = progress([...state.applications.values()], { ...watch, context: connection.context, now });
      if (state.current) {
        showChanges(found, shown, watch.report);
        if (found.done) return found;
        const watched = [...state.applications.values()].filter(({ metadata }) => ours.has(metadata.name));
        await refreshWaiting(connection.api, watched, asked, root, now);
      }
      const stood = failuresThatStood(found.failures, standing, now, watch.patience);
      if (stood.length > 0) throw failed('the platform is failing', stood);
      if (now >= end) throw timedOut(found, watch.timeoutSeconds, state.error);
      await sleep(Math.min(watch.pause ?? 500, end - now));
    }
  } finally {
    stop.abort();
    await following;
  }
}

/** Applications of a watch. */
export interface Followed {
  applications: Map<string, LiveApplication>;
  /** Whether the Applications were listed at least once. */
  current: boolean;
  /** The last error, while there is one. */
  error: unknown;
}

/**
 * Keeps the Applications up to date: lists them, then watches from the list's resourceVersion; when the watch ends, fails or is too old
 * (410), it lists again after a pause. So a cluster that denies watches is polled.
 */
export async function follow(api: Api, namespace: string, state: Followed, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const { items, resourceVersion } = await api.list<LiveApplication>(applicationApi, 'Application', { namespace });
      state.applications = new Map(items.map((item) => [item.metadata.name, item]));
      state.current = true;
      state.error = undefined;
      for await (const event of api.watch(applicationApi, 'Application', { namespace, resourceVersion }, signal)) {
        if (event.type === 'ERROR') break;
        if (event.type === 'DELETED') state.applications.delete(event.object.metadata.name);
        if (event.type === 'ADDED' || event.type === 'MODIFIED') {
          state.applications.set(event.object.metadata.name, event.object as LiveApplication);
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      state.error = error;
    }
    await sleep(2000, undefined, { signal }).catch(() => undefined);
  }
}

function showChanges(found: Progress, shown: Map<string, string>, report?: (line: string) => void): void {
  const lines = [
    ...found.waves.map(({ wave, line }) => [`wave ${wave}`, line] as const),
    ...found.failures.map(
      ({ application, message }) => [`failure ${application}`, `${application}: ${message}`] as const,
    ),
    ['root', found.line] as const,
  ];
  for (const [key, line] of lines) {
    if (withoutClock(shown.get(key)) === withoutClock(line)) continue;
    shown.set(key, line);
    report?.(line);
  }
}

/** Removes elapsed seconds from a line, to the half minute, so that the clock alone is not a change. */
export function withoutClock(line: string | undefined): string | undefined {
  return line?.replaceAll(/for (\d+) s/g, (_, seconds: string) => `for ${Math.floor(Number(seconds) / 30)}`);
}

function failuresThatStood(
  failures: readonly Failure[],
  standing: Map<string, number>,
  now: number,
  override: PlatformWatch['patience'] = {},
): Failure[] {
  const keys = new Map(failures.map((failure) => [`${failure.application} ${failure.kind}`, failure]));
  for (const key of standing.keys()) if (!keys.has(key)) standing.delete(key);
  for (const key of keys.keys()) if (!standing.has(key)) standing.set(key, now);
  return [...keys]
    .filter(([key, { kind }]) => {
      const seconds = override[kind] ?? patience[kind];
      return now - (standing.get(key) ?? now) >= seconds * 1000;
    })
    .map(([, failure]) => failure);
}

function failed(what: string, failures: readonly Failure[]): RunError {
  const [first] = failures;
  return new RunError(
    `${what}: ${failures.map(({ application, message }) => `${application}: ${message}`).join('; ')}`,
    {
      details: failures.map(({ application, message, command }) => `${application}: ${message}\n    ${command}`),
      ...(first === undefined
        ? {}
        : { hint: `For details: \`${first.command}\`. Argo CD picks up a fixing commit automatically.` }),
    },
  );
}

function timedOut(found: Progress, seconds: number, error: unknown): RunError {
  const what = `the platform was not healthy within ${seconds} s`;
  if (found.failures.length > 0) return failed(what, found.failures);
  if (error instanceof ApiError) return new RunError(`${what}: ${error.message}`, { cause: error });
  const waiting = found.waves.filter(({ healthy }) => !healthy).map(({ line }) => line);
  return new RunError(`${what}: ${found.line}`, {
    details: waiting,
    hint: 'The rollout continues in the background. Run the bootstrap with --wait again, or `npm run status`, to follow it.',
  });
}
