import { type LiveApplication, pinOf } from '../applications.ts';
import type { RehearsalSite } from '../site.ts';

/** Where the platform's root Application is, with the defaults that the rehearsal's cluster.yaml leaves as they are. */
export const argocd = { namespace: 'argocd', root: 'platform' };

/** @returns one Application as it is now */
export async function application(site: RehearsalSite, name: string): Promise<LiveApplication> {
  return JSON.parse(await site.kubectl(['-n', argocd.namespace, 'get', 'application', name, '-o', 'json']));
}

/** Asks Argo CD to look at Git now, as `--wait` does, and not at its next turn. */
async function lookNow(site: RehearsalSite, name = argocd.root): Promise<void> {
  const note = 'argocd.argoproj.io/refresh=normal';
  await site.kubectl(['-n', argocd.namespace, 'annotate', 'application', name, note, '--overwrite']);
}

/** Whether the root has brought the whole platform to a commit: its operation ends with the last, empty wave. */
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

/** Looks at the root until an answer comes, and has Argo CD look at Git every ten seconds while it does not know the commit. */
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
 * @param options.look false: no one asks Argo CD to look: it has to notice
 * @throws when they are not within that time
 */
export async function passed(
  site: RehearsalSite,
  commit: string,
  options: { seconds?: number; look?: boolean } = {},
): Promise<void> {
  const look = async (root: LiveApplication) => (hasPassed(root, commit) ? true : undefined);
  await untilRoot(site, `all waves Healthy at ${commit.slice(0, 7)}`, commit, look, { seconds: 420, ...options });
}

/** Waits until the root has failed at a commit, or is at it again. @returns what it says */
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
