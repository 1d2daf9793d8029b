import { tenantLabel } from '../components/domain.ts';
import type { Api } from './api.ts';
import { applicationApi, type LiveApplication } from './applications.ts';
import type { LiveObject } from './live.ts';
import { inParallel } from './parallel.ts';
import { deleteObject } from './remove.ts';

/** A tenant's namespace in the cluster. */
interface TenantNamespace {
  name: string;
  /** PersistentVolumeClaims, by name. */
  claims: readonly string[];
  /** Number of pods. */
  pods: number;
  /** True while it is being deleted. */
  terminating: boolean;
}

/** A tenant's objects in a cluster. */
export interface TenantPlace {
  tenant: string;
  namespaces: readonly TenantNamespace[];
  /** Names of Kubeflow Profiles, which are also the names of their namespaces. */
  profiles: readonly string[];
  /** True when its folder is gone and its namespaces were kept. */
  orphaned: boolean;
}

/** A tenant's namespace, before its contents are read. */
export interface PlaceFound {
  tenant: string;
  namespace: string;
  /** True when the tenant's folder is gone. */
  orphaned: boolean;
  /** True when the tenant exists, but its file no longer lists this namespace. */
  dropped: boolean;
}

/**
 * Finds the tenants' objects in a cluster by their label.
 *
 * @param argocdNamespace namespace of Argo CD
 * @param options.only one tenant; default: all
 * @param options.include selects namespaces; default: all
 * @returns sorted by name; tenants without a selected namespace are skipped
 */
export async function tenantPlaces(
  api: Api,
  argocdNamespace: string,
  { only, include = () => true }: { only?: string; include?: (found: PlaceFound) => boolean } = {},
): Promise<TenantPlace[]> {
  const labelSelector = only === undefined ? tenantLabel : `${tenantLabel}=${only}`;
  const [namespaces, profiles, applications] = await Promise.all([
    api.list<LiveObject>('v1', 'Namespace', { labelSelector }),
    api.list<LiveObject>('kubeflow.org/v1', 'Profile', { labelSelector }),
    api.list<LiveApplication>(applicationApi, 'Application', { namespace: argocdNamespace, labelSelector }),
  ]);
  const made = new Set(applications.items.map(tenantOf));
  const dropped = new Set(applications.items.flatMap(droppedBy));
  const isIncluded = (object: LiveObject) => {
    const [tenant, namespace] = [tenantOf(object), object.metadata.name];
    return include({ tenant, namespace, orphaned: !made.has(tenant), dropped: dropped.has(`${tenant}/${namespace}`) });
  };
  const left = { namespaces: namespaces.items.filter(isIncluded), profiles: profiles.items.filter(isIncluded) };
  const names = [...new Set([...left.namespaces, ...left.profiles].map(tenantOf))].sort();
  return await inParallel(names, 4, async (tenant) => ({
    tenant,
    namespaces: await Promise.all(
      left.namespaces.filter((object) => tenantOf(object) === tenant).map((object) => look(api, object)),
    ),
    profiles: left.profiles.filter((object) => tenantOf(object) === tenant).map(({ metadata }) => metadata.name),
    orphaned: !made.has(tenant),
  }));
}

function tenantOf({ metadata }: { metadata: LiveObject['metadata'] }): string {
  return metadata.labels?.[tenantLabel] ?? '';
}

/** Namespaces that are no longer in Git and that Argo CD keeps. @returns as tenant/namespace */
function droppedBy(application: LiveApplication): string[] {
  return (application.status?.resources ?? [])
    .filter(({ kind, requiresPruning }) => kind === 'Namespace' && requiresPruning === true)
    .map(({ name }) => `${tenantOf(application)}/${name}`);
}

async function look(api: Api, { metadata }: LiveObject): Promise<TenantNamespace> {
  const [claims, pods] = await Promise.all([
    api.list('v1', 'PersistentVolumeClaim', { namespace: metadata.name }),
    api.list('v1', 'Pod', { namespace: metadata.name }),
  ]);
  return {
    name: metadata.name,
    claims: claims.items.map((claim) => claim.metadata.name).sort(),
    pods: pods.items.length,
    terminating: metadata.deletionTimestamp !== undefined,
  };
}

/**
 * Deletes a removed tenant's Profiles and namespaces, with their contents.
 *
 * @returns the deleted objects, for display
 */
export async function purgePlace(api: Api, place: TenantPlace): Promise<string[]> {
  // A remaining Profile would re-create its namespace.
  for (const name of place.profiles)
    await deleteObject(api, { apiVersion: 'kubeflow.org/v1', kind: 'Profile', metadata: { name } });
  for (const { name } of place.namespaces)
    await deleteObject(api, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return [
    ...place.profiles.map((name) => `Profile ${name}`),
    ...place.namespaces.map(({ name }) => `Namespace ${name}`),
  ];
}
