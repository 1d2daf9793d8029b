import type { Platform } from '../../components/platform.ts';
import { pullSecrets } from '../../components/pull-secret.ts';
import { unmadeSecrets } from '../../components/secret-sources.ts';
import { idleMirrors } from '../idle-mirrors.ts';
import { loginSecrets } from '../repository-logins.ts';
import { namespaceNames } from '../root-objects.ts';
import type { ClusterFacts } from './cluster-facts.ts';

/** @returns the facts about a cluster that rules need beside its tree */
export function factsOf({ cluster, enabled }: Platform): ClusterFacts {
  const secrets = enabled.flatMap((component) => component.secrets?.(cluster) ?? []);
  return {
    secrets: [...secrets, ...loginSecrets(cluster), ...pullSecrets(cluster, namespaceNames({ cluster, enabled }))],
    unmade: unmadeSecrets(cluster, secrets),
    imageMirrors: cluster.mirrors.images,
    idleMirrors: idleMirrors(cluster),
    metricsServer: cluster.kubernetes.metricsServer,
    callers: cluster.runningApps.flatMap(({ callers }) => callers),
  };
}
