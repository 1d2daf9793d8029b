import { tenantLabel } from '../components/tenants.ts';
import type { Api } from './api.ts';
import { ApiError } from './api-error.ts';
import { applicationApi, type LiveApplication } from './applications.ts';
import type { LiveObject } from './live.ts';
import { inParallel } from './parallel.ts';

/** A tenant's namespace as it is in the cluster. */
export interface TenantNamespace {
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
  /** Profiles of Kubeflow. */
  profiles: readonly string[];
  /** True when nothing makes it any more: its folder is gone, and what is here was kept. */
  orphaned: boolean;
}

/**
 * Looks at what a cluster holds of tenants, by the label that everything of theirs has.
 *
 * @param argocdNamespace where Argo CD runs
 * @param options.only one tenant; default: all
 * @param options.wanted says by name, and by whether anything still makes it, which places are looked into; default: all
 * @returns sorted by name
 */
export async function tenantPlaces(
  api: Api,
  argocdNamespace: string,
  { only, wanted = () => true }: { only?: string; wanted?: (tenant: string, orphaned: boolean) => boolean } = {},
): Promise<TenantPlace[]> {
  const labelSelector = only === undefined ? tenantLabel : `${tenantLabel}=${only}`;
  const [namespaces, profiles, applications] = await Promise.all([
    api.list<LiveObject>('v1', 'Namespace', { labelSelector }),
    api.list<LiveObject>('kubeflow.org/v1', 'Profile', { labelSelector }),
    api.list<LiveApplication>(applicationApi, 'Application', { namespace: argocdNamespace, labelSelector }),
  ]);
  const tenantOf = (object: LiveObject) => object.metadata.labels?.[tenantLabel] ?? '';
  const made = new Set(applications.items.map(tenantOf));
  const names = [...new Set([...namespaces.items, ...profiles.items].map(tenantOf))]
    .filter((tenant) => wanted(tenant, !made.has(tenant)))
    .sort();
  return await inParallel(names, 4, async (tenant) => ({
    tenant,
    namespaces: await Promise.all(
      namespaces.items.filter((object) => tenantOf(object) === tenant).map((object) => look(api, object)),
    ),
    profiles: profiles.items.filter((object) => tenantOf(object) === tenant).map(({ metadata }) => metadata.name),
    orphaned: !made.has(tenant),
  }));
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
  // A Profile would make its namespace anew.
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
