import type { Cluster } from './cluster.ts';
import type { TenantFile } from './schema/tenant.ts';

/** A tenant: its validated file, and the name of its folder. */
export interface Tenant extends TenantFile {
  name: string;
  /** For example `tenants/team-a/tenant.yaml`. */
  source: string;
  /** True when it has manifests of its own, in tenants/<team>/apps/. */
  hasApps: boolean;
}

/** The facts about a cluster that the tenant rules use. */
export type TenantCluster = Pick<
  Cluster,
  | 'name'
  | 'labels'
  | 'argocd'
  | 'kubeflow'
  | 'components'
  | 'repositoryUrl'
  | 'runningApps'
  | 'addOns'
  | 'knownHost'
  | 'loadBalancer'
  | 'mirrors'
>;
