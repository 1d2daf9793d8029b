import type { Api } from './api.ts';
import { ApiError } from './api-error.ts';
import { applicationApi, type LiveApplication } from './applications.ts';

/** Seconds since Argo CD's last look after which it is asked to look again. */
const staleAfter = 10;
/** Seconds between two requests for the same Application. */
const pauseBetween = 20;

/**
 * Tells whether an Application waits for nothing but Argo CD's next look: no operation runs, it is not Synced and Healthy, and
 * the last look is a while ago. Argo CD polls Git, and does not notice when a CRD or a webhook gets ready, so that a wave
 * could stand still for minutes. Pure.
 *
 * @param commit for the root: the commit that it must have seen
 * @param now milliseconds since the epoch
 */
export function waitsForALook(application: LiveApplication, now: number, commit?: string): boolean {
  const { operationState, reconciledAt, sync, health } = application.status ?? {};
  if (application.operation !== undefined || reconciledAt === undefined) return false;
  if (operationState?.phase === 'Running' || operationState?.phase === 'Terminating') return false;
  const seen = commit === undefined || sync?.revision === commit;
  if (seen && sync?.status === 'Synced' && health?.status === 'Healthy') return false;
  return now - Date.parse(reconciledAt) > staleAfter * 1000;
}

/**
 * Asks Argo CD to look at those Applications which wait for that. A request that is refused changes nothing: it would have
 * looked by itself, later.
 *
 * @param asked when each was asked last, in milliseconds since the epoch; kept by the caller from call to call
 */
export async function nudge(
  api: Api,
  applications: readonly LiveApplication[],
  asked: Map<string, number>,
  root: { name: string; commit?: string },
  now: number,
): Promise<void> {
  const waiting = applications.filter((application) => {
    const { name } = application.metadata;
    if (now - (asked.get(name) ?? 0) < pauseBetween * 1000) return false;
    return waitsForALook(application, now, name === root.name ? root.commit : undefined);
  });
  for (const { metadata } of waiting) {
    asked.set(metadata.name, now);
    try {
      await api.merge(
        { apiVersion: applicationApi, kind: 'Application', metadata },
        { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'normal' } } },
      );
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }
}
