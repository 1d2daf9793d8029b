/** The fields of an Application that the rehearsal reads. */
export interface LiveApplication {
  metadata: { name: string; creationTimestamp: string; annotations?: Record<string, string> };
  spec: {
    source?: { repoURL: string; targetRevision?: string };
    sources?: { repoURL: string; ref?: string; targetRevision?: string }[];
  };
  status?: {
    sync?: { status?: string; revision?: string; revisions?: string[] };
    health?: { status?: string; lastTransitionTime?: string; message?: string };
    operationState?: {
      phase?: string;
      message?: string;
      startedAt?: string;
      finishedAt?: string;
      retryCount?: number;
      syncResult?: { revision?: string; revisions?: string[] };
    };
    conditions?: { type: string; message: string }[];
    resources?: { group?: string; kind: string; namespace?: string; name: string; status?: string }[];
    history?: { id: number; deployStartedAt?: string; deployedAt?: string }[];
  };
  operation?: object;
}

/** The annotation with which the root pins a child to the commit that it is syncing. */
const pinAnnotation = 'breakwater.dev/revision';

/** @returns the commit that a child is pinned to; undefined for the root, and before its first sync */
export function pinOf({ metadata }: LiveApplication): string | undefined {
  const pin = metadata.annotations?.[pinAnnotation];
  return pin !== undefined && /^[0-9a-f]{40}$/.test(pin) ? pin : undefined;
}

export function waveOf({ metadata }: LiveApplication): number {
  return Number(metadata.annotations?.['argocd.argoproj.io/sync-wave'] ?? 0);
}

/**
 * Whether an Application is done: compared with and synced to the requested commit, without a running operation, and
 * Healthy.
 */
export function isSettled(application: LiveApplication): boolean {
  const { status } = application;
  if (status?.sync?.status !== 'Synced' || status.health?.status !== 'Healthy') return false;
  if (application.operation !== undefined || status.operationState?.phase === 'Running') return false;
  const pin = pinOf(application);
  return pin === undefined || (status.sync.revisions ?? [status.sync.revision]).includes(pin);
}

/**
 * Applications that a commit still waits for.
 *
 * @param root name of the root Application
 * @returns one line per Application, in the order of waves; empty when all are Healthy at that commit
 */
export function unsettled(applications: readonly LiveApplication[], root: string, commit: string): string[] {
  const byWave = [...applications].sort((a, b) => waveOf(a) - waveOf(b));
  return byWave.flatMap((application) => {
    const { name } = application.metadata;
    const { sync, health, operationState } = application.status ?? {};
    const at = name === root ? (sync?.revision ?? '') : (pinOf(application) ?? commit);
    if (isSettled(application) && at === commit) return [];
    const words = [sync?.status ?? 'Unknown', health?.status ?? 'Unknown', `at ${at.slice(0, 8) || 'nothing'}`];
    return [
      `${name}: ${words.join(', ')}${operationState?.message ? ` (${operationState.message.slice(0, 160)})` : ''}`,
    ];
  });
}
