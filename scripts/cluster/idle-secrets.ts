import type { SecretSpec } from '../components/component.ts';
import { clusterLabel } from '../components/domain.ts';
import { pullSecretName } from '../components/pull-secret.ts';
import type { Cluster } from '../config/cluster.ts';
import type { Api, Right } from './api.ts';
import { unlessStatus } from './api-error.ts';
import type { LiveObject } from './live.ts';
import { ownerOf } from './owner.ts';
import { inParallel } from './parallel.ts';

/**
 * Finds logins that an earlier bootstrap wrote and cluster.yaml no longer names: Argo CD's at repositories, and those of image registries. They
 * would stay valid for anyone who reads them.
 *
 * @param needs the Secrets that the cluster needs now
 * @param namespaces the platform's namespaces
 */
export async function idleLogins(
  api: Api,
  { name, argocd: { namespace } }: Cluster,
  needs: readonly SecretSpec[],
  namespaces: readonly string[],
): Promise<LiveObject[]> {
  const ours = `app.kubernetes.io/managed-by=breakwater,${clusterLabel}=${name}`;
  const labelSelector = `argocd.argoproj.io/secret-type=repository,${ours}`;
  const { items } = await api.list<LiveObject>('v1', 'Secret', { namespace, labelSelector });
  const needed = new Set(needs.map((need) => `${need.namespace}/${need.name}`));
  const pulls = await inParallel(
    namespaces.filter((one) => !needed.has(`${one}/${pullSecretName}`)),
    6,
    async (one) => {
      const metadata = { name: pullSecretName, namespace: one };
      // A run that needs no Secret in a namespace may lack the right to read there.
      const reading = api.find<LiveObject>({ apiVersion: 'v1', kind: 'Secret', metadata });
      const found = await unlessStatus([403], reading, undefined);
      const { labels = {} } = found?.metadata ?? {};
      return labels['app.kubernetes.io/managed-by'] === 'breakwater' && labels[clusterLabel] === name
        ? found
        : undefined;
    },
  );
  const logins = items.filter(({ metadata }) => metadata.name.startsWith('login-'));
  return [...logins, ...pulls.filter((found) => found !== undefined)].filter(
    (object) => ownerOf(object).kind === 'ours' && !needed.has(`${object.metadata.namespace}/${object.metadata.name}`),
  );
}

/** @returns the right to delete Secrets in the namespaces of these */
export function rightsToDelete(secrets: readonly LiveObject[]): Right[] {
  const namespaces = new Set(secrets.map(({ metadata }) => metadata.namespace ?? ''));
  return [...namespaces].map((namespace) => ({ verb: 'delete', group: '', resource: 'secrets', namespace }));
}
