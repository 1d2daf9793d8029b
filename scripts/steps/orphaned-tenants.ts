import { readable } from '../cluster/api-error.ts';
import type { Connection } from '../cluster/connect.ts';
import { type TenantPlace, tenantPlaces } from '../cluster/tenants.ts';
import type { Cluster } from '../config/cluster.ts';
import type { Tenant } from '../config/tenant.ts';
import { belongsTo } from '../config/tenant-rules.ts';

/**
 * @param tenants those that the repository has
 * @returns places in a cluster that nothing makes any more, that belong to tenants which do not belong to it, or whose
 *   namespaces are named no more by the tenant that they are of
 */
export async function orphanedTenants(
  { api }: Pick<Connection, 'api'>,
  cluster: Cluster,
  tenants: readonly Tenant[],
): Promise<TenantPlace[]> {
  const here = new Set(tenants.filter((tenant) => belongsTo(tenant, cluster)).map(({ name }) => name));
  return await tenantPlaces(api, cluster.argocd.namespace, {
    include: ({ tenant, orphaned, dropped }) => orphaned || dropped || !here.has(tenant),
  });
}

/** The same for a status; undefined when the user may not list namespaces, and the status shows the rest. */
export async function orphanedTenantsIfReadable(
  connection: Pick<Connection, 'api'>,
  cluster: Cluster,
  tenants: readonly Tenant[],
): Promise<TenantPlace[] | undefined> {
  return await readable(() => orphanedTenants(connection, cluster, tenants));
}
