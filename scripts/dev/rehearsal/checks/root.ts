import { type LiveApplication, pinOf } from '../applications.ts';
import type { RehearsalSite } from '../site.ts';

/** Reference to the platform's root Application; the rehearsal's cluster.yaml keeps the default names. */
export const argocd = { namespace: 'argocd', root: 'platform' };

/** @returns an Application's current state */
export async function application(site: RehearsalSite, name: string): Promise<LiveApplication> {
  return JSON.parse(await site.kubectl(['-n', argocd.namespace, 'get', 'application', name, '-o', 'json']));
}

/** Makes Argo CD check Git now, like `--wait`, instead of at its next poll. */
async function lookNow(site: RehearsalSite, name = argocd.root): Promise<void> {
  const note = 'argocd.argoproj.io/refresh=normal';
  await site.kubectl(['-n', argocd.namespace, 'annotate', 'application', name, note, '--overwrite']);
}

/** Whether the root has synced the whole platform to a commit: its operation ends with the last, empty wave. */
export function hasPassed(root: LiveApplication, commit: string): boolean {
  const { operationState, sync } = root.status ?? {};
  return (
    root.operation === undefined &&
    operationState?.phase === 'Succeeded' &&
    operationState.syncResult?.revision === commit &&
    sync?.status === 'Synced' &&
    sync.revision === commit
  );
}

/** Polls the root until there is a result, and makes Argo CD check Git every ten seconds until it knows the commit. */
async function untilRoot<T>(
  site: RehearsalSite,
  what: string,
  commit: string,
  look: (root: LiveApplication) => Promise<T | undefined>,
  options: { seconds: number; look?: boolean },
): Promise<T> {
  let asked = 0;
  const once = async () => {
    const root = await application(site, argocd.root);
    const found = await look(root);
    if (found !== undefined) return found;
    if (options.look !== false && root.status?.sync?.revision !== commit && Date.now() - asked > 10_000) {
      asked = Date.now();
      await lookNow(site);
    }
    return undefined;
  };
  return await site.until(what, once, options.seconds);
}

/**
 * Waits until all waves are Healthy at a commit.
 *
 * @param options.look false: do not refresh Argo CD; it must notice on its own
 * @throws if they are not Healthy in time
 */
export async function passed(
  site: RehearsalSite,
  commit: string,
  options: { seconds?: number; look?: boolean } = {},
): Promise<void> {
  const look = async (root: LiveApplication) => (hasPassed(root, commit) ? true : undefined);
  await untilRoot(site, `all waves Healthy at ${commit.slice(0, 7)}`, commit, look, { seconds: 420, ...options });
}

/** Waits until the root has failed at a commit, or retries it. @returns its message */
export async function givesUp(site: RehearsalSite, commit: string): Promise<string> {
  const look = async (root: LiveApplication) => {
    const { operationState } = root.status ?? {};
    const failed = operationState?.phase === 'Failed' || (operationState?.retryCount ?? 0) > 0;
    return failed && operationState?.syncResult?.revision === commit ? (operationState.message ?? '') : undefined;
  };
  return await untilRoot(site, `the root gives ${commit.slice(0, 7)} up for now`, commit, look, { seconds: 300 });
}

/** Waits until the root has reached an Application with a commit. */
export async function reaches(site: RehearsalSite, name: string, commit: string): Promise<void> {
  const look = async () => (pinOf(await application(site, name)) === commit ? true : undefined);
  await untilRoot(site, `the root reaches ${name} with ${commit.slice(0, 7)}`, commit, look, { seconds: 240 });
}
