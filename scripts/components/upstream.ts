import type { Cluster } from '../config/cluster.ts';
import type { ComponentName } from '../config/schema/component-names.ts';
import type { ChartUpstream, KustomizeUpstream } from '../config/schema/upstream.ts';
import type { ChartSource } from './component.ts';

/**
 * @returns infrastructure/<component>/upstream.yaml of a chart
 * @throws Error when the file is missing or describes no chart; the config loader reports that first
 */
export function chartUpstream(cluster: Cluster, component: ComponentName): ChartUpstream {
  const upstream = cluster.shared.upstream.get(`infrastructure/${component}`);
  if (upstream === undefined || !('chart' in upstream))
    throw new Error(`infrastructure/${component}/upstream.yaml describes no chart`);
  return upstream;
}

/** @returns <folder>/upstream.yaml of kustomizations; see {@link chartUpstream} */
export function kustomizeUpstream(cluster: Cluster, folder: string): KustomizeUpstream {
  const upstream = cluster.shared.upstream.get(folder);
  if (upstream === undefined || 'chart' in upstream)
    throw new Error(`${folder}/upstream.yaml describes no kustomization`);
  return upstream;
}

/** @returns the component's chart at the version for this cluster */
export function chartSource(cluster: Cluster, component: ComponentName, release: string): ChartSource {
  const { chart, repository, version } = chartUpstream(cluster, component);
  return { kind: 'chart', chart, repository, version: cluster.components[component]?.version ?? version, release };
}
