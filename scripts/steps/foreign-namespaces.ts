import type { Api } from '../cluster/api.ts';
import { readable } from '../cluster/api-error.ts';
import type { Connection } from '../cluster/connect.ts';
import { inParallel } from '../cluster/parallel.ts';
import { tenantLabel } from '../components/domain.ts';
import type { Cluster } from '../config/cluster.ts';
import { loadAllClusters } from '../config/load.ts';
import type { Tenant } from '../config/tenant.ts';
import { belongsTo, namespacesOf } from '../config/tenant-rules.ts';
import { loadTenants } from '../config/tenants.ts';

/** A tenant's namespace that already exists in the cluster and belongs to someone else. */
export interface ForeignNamespace {
  tenant: Tenant;
  message: string;
  hint: string;
}

/**
 * Finds tenants' namespaces that already exist and are not theirs. The admission policy `breakwater-tenants-get-new-namespaces`
 * refuses to touch them, but only when the tenant's Application syncs.
 *
 * @returns none without the right to read namespaces; the policy still holds
 */
export async function foreignNamespaces(
  root: string,
  { api, context }: Pick<Connection, 'api' | 'context'>,
  cluster: Cluster,
): Promise<ForeignNamespace[]> {
  const tenants = loadTenants(root, loadAllClusters(root));
  const wanted = tenants
    .filter((tenant) => belongsTo(tenant, cluster))
    .flatMap((tenant) => namespacesOf(tenant).map((name) => ({ tenant, name })));
  const found = await inParallel(wanted, 8, async ({ tenant, name }) => {
    const live = await findNamespace(api, name);
    const owner = live?.metadata.labels?.[tenantLabel];
    if (live === undefined || owner === tenant.name) return [];
    const whose = owner === undefined ? 'does not belong to a tenant' : `belongs to the tenant ${owner}`;
    return [
      {
        tenant,
        message: `the namespace ${name} of tenant ${tenant.name} already exists in the cluster, and ${whose}`,
        hint: `Choose another name in ${tenant.source}, or rename the folder; or hand the namespace over: kubectl --context ${context} label namespace ${name} --overwrite ${tenantLabel}=${tenant.name}`,
      },
    ];
  });
  return found.flat();
}

async function findNamespace(api: Api, name: string) {
  return await readable(() => api.find({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
}
