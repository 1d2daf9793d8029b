import type { Cluster } from './cluster.ts';
import type { TenantFile } from './schema/tenant.ts';

/** A tenant: its validated file, and the name of its folder. */
export interface Tenant extends TenantFile {
  name: string;
  /** As `tenants/team-a/tenant.yaml`. */
  source: string;
  /** True when it has manifests of its own, in tenants/<team>/apps/. */
  hasApps: boolean;
}

/** What the rules over several tenants know of a cluster. */
export type TenantCluster = Pick<
  Cluster,
  | 'name'
  | 'labels'
  | 'argocd'
  | 'kubeflow'
  | 'components'
  | 'repositoryUrl'
  | 'runningApps'
  | 'knownHost'
  | 'loadBalancer'
>;
