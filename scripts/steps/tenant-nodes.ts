import type { Api } from '../cluster/api.ts';
import type { Cluster } from '../config/cluster.ts';
import { loadAllClusters } from '../config/load.ts';
import { belongsTo } from '../config/tenant-rules.ts';
import { loadTenants } from '../config/tenants.ts';

/**
 * Finds tenants whose `pods` may have no effect: the cluster has no MutatingAdmissionPolicy (Kubernetes 1.36), and the API does not show
 * whether the admission plugins run that read the namespace's annotations.
 *
 * @returns their names
 */
export async function tenantsWithoutNodes(root: string, api: Api, cluster: Cluster): Promise<string[]> {
  const choosing = loadTenants(root, loadAllClusters(root)).filter(
    (tenant) => belongsTo(tenant, cluster) && tenant.pods !== undefined,
  );
  const kind = 'MutatingAdmissionPolicy';
  if (choosing.length === 0 || (await api.findResource('admissionregistration.k8s.io/v1', kind)) !== undefined)
    return [];
  return choosing.map(({ name }) => name);
}
