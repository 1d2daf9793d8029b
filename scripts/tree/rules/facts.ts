import { enabledComponents } from '../../components/index.ts';
import type { Cluster } from '../../config/cluster.ts';
import { idleMirrors } from '../idle-mirrors.ts';
import type { ClusterFacts } from './parsed-tree.ts';

/** @returns what the rules need to know of a cluster beside its tree */
export function factsOf(cluster: Cluster): ClusterFacts {
  return {
    secrets: enabledComponents(cluster).flatMap((component) => component.secrets?.(cluster) ?? []),
    imageMirrors: cluster.mirrors.images,
    idleMirrors: idleMirrors(cluster),
    metricsServer: cluster.kubernetes.metricsServer,
    callers: cluster.runningApps.flatMap(({ callers }) => callers),
  };
}
