import { stringify } from 'yaml';
import type { KubernetesObject } from '../components/component.ts';
import type { Cluster } from '../config/cluster.ts';
import { type TenantObjects, tenantObjects } from '../steps/tenant-objects.ts';

/** What a cluster gets for a tenant, as objects, as lines, and as manifests. */
export interface Described {
  objects: TenantObjects;
  lines: readonly string[];
  manifests: readonly string[];
}

/** Renders a tenant for a cluster, and puts it into words. */
export async function describeTenant(root: string, cluster: Cluster, name: string, text: string): Promise<Described> {
  const objects = await tenantObjects(root, cluster, name, text);
  const part = (title: string, list: readonly KubernetesObject[]) => [`  ${title}`, ...grouped(list)];
  return {
    objects,
    lines: [
      ...part('access (ends when the folder is removed)', objects.access),
      ...part('place (stays when the folder is removed)', objects.place),
    ],
    manifests: [...objects.access, ...objects.place].map((object) => `---\n${stringify(object).trimEnd()}`),
  };
}

/** One line per kind and namespace. */
function grouped(objects: readonly KubernetesObject[]): string[] {
  const groups = new Map<string, string[]>();
  for (const { kind, metadata } of objects) {
    const key = metadata.namespace === undefined ? kind : `${kind} in ${metadata.namespace}`;
    groups.set(key, [...(groups.get(key) ?? []), metadata.name]);
  }
  return groups.size === 0
    ? ['    nothing']
    : [...groups].map(([key, names]) => `    ${key}: ${[...names].sort().join(', ')}`);
}
