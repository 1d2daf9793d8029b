import { tenantLabel } from '../components/domain.ts';
import type { Api } from './api.ts';
import { ApiError } from './api-error.ts';
import { applicationApi, type LiveApplication } from './applications.ts';
import type { LiveObject } from './live.ts';
import { inParallel } from './parallel.ts';

/** A tenant's namespace as it is in the cluster. */
interface TenantNamespace {
  name: string;
  /** PersistentVolumeClaims, by name. */
  claims: readonly string[];
  /** How many pods. */
  pods: number;
  /** True when its deletion has begun. */
  terminating: boolean;
}

/** What a cluster holds of a tenant. */
export interface TenantPlace {
  tenant: string;
  namespaces: readonly TenantNamespace[];
  /** Profiles of Kubeflow, by their names, which are their namespaces', too. */
  profiles: readonly string[];
  /** True when nothing makes it any more: its folder is gone, and what is here was kept. */
  orphaned: boolean;
}

/** A namespace of a tenant, before it is looked into. */
export interface PlaceFound {
  tenant: string;
  namespace: string;
  /** Nothing makes the tenant any more. */
  orphaned: boolean;
  /** The tenant is there, and its file names this namespace no more. */
  dropped: boolean;
}

/**
 * Looks at what a cluster holds of tenants, by the label that everything of theirs has.
 *
 * @param argocdNamespace where Argo CD runs
 * @param options.only one tenant; default: all
 * @param options.wanted says which namespaces are looked into; default: all
 * @returns sorted by name; tenants of which nothing is wanted are left out
 */
export async function tenantPlaces(
  api: Api,
  argocdNamespace: string,
  { only, wanted = () => true }: { only?: string; wanted?: (found: PlaceFound) => boolean } = {},
): Promise<TenantPlace[]> {
  const labelSelector = only === undefined ? tenantLabel : `${tenantLabel}=${only}`;
  const [namespaces, profiles, applications] = await Promise.all([
    api.list<LiveObject>('v1', 'Namespace', { labelSelector }),
    api.list<LiveObject>('kubeflow.org/v1', 'Profile', { labelSelector }),
    api.list<LiveApplication>(applicationApi, 'Application', { namespace: argocdNamespace, labelSelector }),
  ]);
  const made = new Set(applications.items.map(tenantOf));
  const dropped = new Set(applications.items.flatMap(droppedBy));
  const isWanted = (object: LiveObject) => {
    const [tenant, namespace] = [tenantOf(object), object.metadata.name];
    return wanted({ tenant, namespace, orphaned: !made.has(tenant), dropped: dropped.has(`${tenant}/${namespace}`) });
  };
  const left = { namespaces: namespaces.items.filter(isWanted), profiles: profiles.items.filter(isWanted) };
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

/** What Git has no more and Argo CD keeps. @returns as tenant/namespace */
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
 * Deletes what is left of a tenant: its Profiles and its namespaces, with everything in them.
 *
 * @returns what was deleted, for people
 */
export async function purgePlace(api: Api, place: TenantPlace): Promise<string[]> {
  // A Profile would make its namespace again.
  for (const name of place.profiles) await remove(api, `/apis/kubeflow.org/v1/profiles/${encodeURIComponent(name)}`);
  for (const { name } of place.namespaces) await remove(api, `/api/v1/namespaces/${encodeURIComponent(name)}`);
  return [
    ...place.profiles.map((name) => `Profile ${name}`),
    ...place.namespaces.map(({ name }) => `Namespace ${name}`),
  ];
}

async function remove(api: Api, path: string): Promise<void> {
  try {
    await api.request({ method: 'DELETE', path });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  }
}
