import type { SecretSpec } from '../components/component.ts';
import { clusterLabel } from '../components/domain.ts';
import type { Cluster } from '../config/cluster.ts';
import type { Api, Right } from './api.ts';
import type { LiveObject } from './live.ts';
import { ownerOf } from './owner.ts';

/**
 * Finds Argo CD's logins that an earlier bootstrap wrote and cluster.yaml no longer names: they would stay valid for anyone who reads them.
 *
 * @param needs the Secrets that the cluster needs now
 */
export async function idleLogins(
  api: Api,
  { name, argocd: { namespace } }: Cluster,
  needs: readonly SecretSpec[],
): Promise<LiveObject[]> {
  const labelSelector = `argocd.argoproj.io/secret-type=repository,app.kubernetes.io/managed-by=breakwater,${clusterLabel}=${name}`;
  const { items } = await api.list<LiveObject>('v1', 'Secret', { namespace, labelSelector });
  return items.filter(
    (object) =>
      object.metadata.name.startsWith('login-') &&
      ownerOf(object).kind === 'ours' &&
      !needs.some((need) => need.namespace === namespace && need.name === object.metadata.name),
  );
}

/** @returns the right to delete Secrets in the namespaces of these */
export function rightsToDelete(secrets: readonly LiveObject[]): Right[] {
  const namespaces = new Set(secrets.map(({ metadata }) => metadata.namespace ?? ''));
  return [...namespaces].map((namespace) => ({ verb: 'delete', group: '', resource: 'secrets', namespace }));
}
