import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesObject } from '../components/component.ts';
import { platformFacts, tenantChart } from '../components/tenants.ts';
import type { Cluster } from '../config/cluster.ts';
import { renderChart } from '../tools/helm.ts';

/** Sets the nodes of a tenant's pods, from Kubernetes 1.36 on. */
const apiVersions = ['admissionregistration.k8s.io/v1/MutatingAdmissionPolicy'];

/** What a cluster gets for a tenant, as Argo CD renders it. */
export interface TenantObjects {
  /** Who may do what: goes with the folder. */
  access: readonly KubernetesObject[];
  /** Namespaces and what limits them: stays when the folder goes. */
  place: readonly KubernetesObject[];
}

/**
 * Renders a tenant for a cluster.
 *
 * @param text of its tenant.yaml
 * @throws RunError in Helm's words, when the chart refuses the file
 */
export async function tenantObjects(
  root: string,
  cluster: Cluster,
  name: string,
  text: string,
): Promise<TenantObjects> {
  // A host that is still to be discovered stands in routes only.
  const known: Cluster = { ...cluster, knownHost: cluster.knownHost ?? 'not-known-yet.invalid' };
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-tenant-'));
  try {
    const file = join(folder, 'tenant.yaml');
    await writeFile(file, text);
    const render = (part: string): Promise<KubernetesObject[]> =>
      renderChart(join(root, tenantChart), {
        release: name,
        namespace: cluster.argocd.namespace,
        valueFiles: [file],
        valuesObject: { part, platform: platformFacts(known) },
        apiVersions,
      });
    const [access, place] = await Promise.all([render('access'), render('place')]);
    return { access, place };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
