import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from '../../../cluster/api.ts';
import { kindsOf } from '../../../cluster/inventory.ts';
import type { LiveObject } from '../../../cluster/live.ts';

/**
 * Does what Kubernetes' namespace controller does, where only an API server runs: empties a namespace that is being deleted, and
 * lets it go when nothing is left in it. Objects with finalizers hold it up, as they do there; the one of a volume that no pod uses
 * is taken off, as its own controller does.
 */
export function startNamespaceController(api: Api): { stop(): Promise<void> } {
  const stop = new AbortController();
  const running = (async () => {
    while (!stop.signal.aborted) {
      const { items } = await api.list<LiveObject>('v1', 'Namespace');
      for (const item of items.filter(({ metadata }) => metadata.deletionTimestamp !== undefined))
        await empty(api, item);
      await sleep(200);
    }
  })();
  return {
    async stop() {
      stop.abort();
      await running;
    },
  };
}

async function empty(api: Api, namespace: LiveObject): Promise<void> {
  const { name } = namespace.metadata;
  let left = 0;
  for (const { apiVersion, kind, namespaced } of await kindsOf(api, { all: true })) {
    if (!namespaced) continue;
    const { plural } = await api.resource(apiVersion, kind);
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    await api.request({ method: 'DELETE', path: `${root}/namespaces/${name}/${plural}` });
    const { items } = await api.list<LiveObject>(apiVersion, kind, { namespace: name });
    left += items.length;
    if (kind !== 'PersistentVolumeClaim') continue;
    for (const claim of items) await api.merge(claim, { metadata: { finalizers: null } });
  }
  if (left > 0) return;
  await api.request({
    method: 'PUT',
    path: `/api/v1/namespaces/${name}/finalize`,
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: { finalizers: [] } },
  });
}
