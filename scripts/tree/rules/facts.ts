import type { Platform } from '../../components/platform.ts';
import { idleMirrors } from '../idle-mirrors.ts';
import { loginSecrets } from '../repository-logins.ts';
import type { ClusterFacts } from './cluster-facts.ts';

/** @returns the facts about a cluster that rules need beside its tree */
export function factsOf({ cluster, enabled }: Platform): ClusterFacts {
  return {
    secrets: [...enabled.flatMap((component) => component.secrets?.(cluster) ?? []), ...loginSecrets(cluster)],
    imageMirrors: cluster.mirrors.images,
    idleMirrors: idleMirrors(cluster),
    metricsServer: cluster.kubernetes.metricsServer,
    callers: cluster.runningApps.flatMap(({ callers }) => callers),
  };
}
