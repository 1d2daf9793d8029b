import type { Api } from '../cluster/api.ts';
import { ApiError } from '../cluster/api-error.ts';
import type { Connection } from '../cluster/connect.ts';
import { inParallel } from '../cluster/parallel.ts';
import { tenantLabel } from '../components/domain.ts';
import type { Cluster } from '../config/cluster.ts';
import { loadAllClusters } from '../config/load.ts';
import type { Tenant } from '../config/tenant.ts';
import { belongsTo, namespacesOf } from '../config/tenant-rules.ts';
import { loadTenants } from '../config/tenants.ts';

/** A tenant's namespace that the cluster has already, of somebody else. */
export interface ForeignNamespace {
  tenant: Tenant;
  message: string;
  hint: string;
}

/**
 * Looks for namespaces of tenants that are there and not theirs. Nothing is written to them: the admission policy
 * `breakwater-tenants-get-new-namespaces` refuses that, but only once the tenant's Application syncs.
 *
 * @returns none where the user may not read namespaces: the policy holds all the same
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
    const whose = owner === undefined ? 'not of a tenant' : `of the tenant ${owner}`;
    return [
      {
        tenant,
        message: `the namespace ${name} of tenant ${tenant.name} is in the cluster already, and ${whose}`,
        hint: `Name another in ${tenant.source}, or rename the folder; or hand the namespace over: kubectl --context ${context} label namespace ${name} --overwrite ${tenantLabel}=${tenant.name}`,
      },
    ];
  });
  return found.flat();
}

async function findNamespace(api: Api, name: string) {
  try {
    return await api.find({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return undefined;
    throw error;
  }
}
