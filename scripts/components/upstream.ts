import type { Cluster } from '../config/cluster.ts';
import type { ComponentName } from '../config/schema/component-facts.ts';
import type { ChartUpstream, KustomizeUpstream } from '../config/schema/upstream.ts';
import type { ChartSource } from './component.ts';

/**
 * @returns infrastructure/<component>/upstream.yaml for a chart
 * @throws Error when the file is missing or does not describe a chart; the config loader reports that first
 */
export function chartUpstream(cluster: Cluster, component: ComponentName): ChartUpstream {
  const upstream = cluster.shared.upstream.get(`infrastructure/${component}`);
  if (upstream === undefined || !('chart' in upstream))
    throw new Error(`infrastructure/${component}/upstream.yaml does not describe a chart`);
  return upstream;
}

/** @returns <folder>/upstream.yaml for a kustomization; see {@link chartUpstream} */
export function kustomizeUpstream(cluster: Cluster, folder: string): KustomizeUpstream {
  const upstream = cluster.shared.upstream.get(folder);
  if (upstream === undefined || 'chart' in upstream)
    throw new Error(`${folder}/upstream.yaml does not describe a kustomization`);
  return upstream;
}

/** @returns an image's tag for a chart, with the digest if known */
export function imageTag({ version, digest }: NonNullable<ChartUpstream['image']>): string {
  return digest === undefined ? version : `${version}@${digest}`;
}

/**
 * Applies a cluster's own version over the shared one. The shared commit is dropped, as it belongs to the shared tag.
 *
 * @param own the version in cluster.yaml
 * @returns the version fields of a {@link KustomizeSource}
 */
export function pinned(
  own: string | undefined,
  { version, commit }: { version: string; commit?: string | undefined },
): { version: string; commit?: string } {
  if (own !== undefined) return { version: own };
  return commit === undefined ? { version } : { version, commit };
}

/** @returns the component's chart at the version for this cluster */
export function chartSource(cluster: Cluster, component: ComponentName, release: string): ChartSource {
  const { chart, repository, version } = chartUpstream(cluster, component);
  return { kind: 'chart', chart, repository, version: cluster.components[component]?.version ?? version, release };
}
