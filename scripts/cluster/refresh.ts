import type { Api } from './api.ts';
import { ApiError } from './api-error.ts';
import { applicationApi, type LiveApplication } from './applications.ts';

/** Seconds since Argo CD's last comparison after which to request a refresh. */
const staleAfter = 10;
/** Seconds between two requests for the same Application. */
const pauseBetween = 20;

/**
 * Whether an Application only waits for Argo CD's next refresh: no operation runs, it is not Synced and Healthy, and
 * the last refresh is a while ago. Argo CD polls Git, and does not notice when a CRD or a webhook becomes ready, so a wave
 * could stall for minutes. Pure.
 *
 * @param commit for the root: the commit that it must have compared
 * @param now milliseconds since the epoch
 */
export function needsRefresh(application: LiveApplication, now: number, commit?: string): boolean {
  const { operationState, reconciledAt, sync, health } = application.status ?? {};
  if (application.operation !== undefined || reconciledAt === undefined) return false;
  if (operationState?.phase === 'Running' || operationState?.phase === 'Terminating') return false;
  const seen = commit === undefined || sync?.revision === commit;
  if (seen && sync?.status === 'Synced' && health?.status === 'Healthy') return false;
  return now - Date.parse(reconciledAt) > staleAfter * 1000;
}

/**
 * Requests a refresh of the Applications that wait for one. A refused request does no harm: Argo CD refreshes
 * on its own later.
 *
 * @param asked time of the last request per Application, in milliseconds since the epoch; kept by the caller between calls
 */
export async function refreshWaiting(
  api: Api,
  applications: readonly LiveApplication[],
  asked: Map<string, number>,
  root: { name: string; commit?: string },
  now: number,
): Promise<void> {
  const waiting = applications.filter((application) => {
    const { name } = application.metadata;
    if (now - (asked.get(name) ?? 0) < pauseBetween * 1000) return false;
    return needsRefresh(application, now, name === root.name ? root.commit : undefined);
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
