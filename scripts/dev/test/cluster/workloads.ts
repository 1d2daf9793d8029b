import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from '../../../cluster/api.ts';
import { ApiError } from '../../../cluster/api-error.ts';
import { isReady, type LiveWorkload } from '../../../cluster/workloads.ts';

/** The controllers of a cluster, as far as a bootstrap waits for them. */
export interface Workloads {
  stop(): Promise<void>;
}

/**
 * Plays the controllers that an API server alone does not have: says of each Deployment and StatefulSet that it runs. That
 * Argo CD really comes up is the rehearsal's to prove; here the program's own part is tested.
 */
export function startWorkloads(api: Api): Workloads {
  const stopping = new AbortController();
  const playing = play(api, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await playing;
    },
  };
}

async function play(api: Api, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const kind of ['Deployment', 'StatefulSet']) {
      const { items } = await api.list<LiveWorkload>('apps/v1', kind);
      for (const workload of items.filter((item) => !isReady(item))) {
        await makeReady(api, workload).catch((error: unknown) => {
          // It was deleted meanwhile.
          if (!(error instanceof ApiError && error.status === 404)) throw error;
        });
      }
    }
    await sleep(200, undefined, { signal }).catch(() => undefined);
  }
}

async function makeReady(api: Api, { kind, metadata, spec }: LiveWorkload): Promise<void> {
  const replicas = spec?.replicas ?? 1;
  await api.request({
    method: 'PATCH',
    path: `/apis/apps/v1/namespaces/${metadata.namespace}/${kind.toLowerCase()}s/${metadata.name}/status`,
    contentType: 'application/merge-patch+json',
    body: {
      status: {
        observedGeneration: metadata.generation,
        replicas,
        updatedReplicas: replicas,
        readyReplicas: replicas,
        availableReplicas: replicas,
      },
    },
  });
}
