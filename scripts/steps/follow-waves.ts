import type { Connection } from '../cluster/connect.ts';
import type { Progress, Wave } from '../cluster/progress.ts';
import { watchPlatform } from '../cluster/watch.ts';
import type { Platform } from '../components/platform.ts';
import type { BootstrapContext } from './context.ts';

/**
 * Follows the waves of the last published tree, and reports their progress.
 *
 * @param connection to the cluster
 * @param signal ends it
 * @returns when all waves are Healthy at the published commit
 * @throws RunError when time is up or a failure stands
 */
export async function followWaves(
  { cluster, planned, options, publication, repository, reporter }: BootstrapContext,
  connection: Connection,
  signal?: AbortSignal,
): Promise<Progress> {
  const published = publication.kind === 'published' ? publication.commit : (await repository.state()).head;
  const commit = cluster.git.revision ?? published;
  return await watchPlatform(connection, {
    root: cluster.argocd.root.name,
    namespace: cluster.argocd.namespace,
    waves: wavesOf(planned.platform),
    ...(commit === undefined ? {} : { commit }),
    ...(signal === undefined ? {} : { signal }),
    timeoutSeconds: options.timeoutMinutes * 60,
    report: (text) => reporter.status(`    ${text}`),
  });
}

/** @returns the waves of a cluster's tree, first one first, with the names of their Applications */
export function wavesOf({ placed }: Platform): Wave[] {
  const waves = new Map<number, string[]>();
  for (const { component, wave } of placed) {
    waves.set(wave, [...(waves.get(wave) ?? []), component.name]);
  }
  return [...waves.entries()].sort(([a], [b]) => a - b).map(([wave, applications]) => ({ wave, applications }));
}
