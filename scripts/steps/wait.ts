import type { Wave } from '../cluster/progress.ts';
import { watchPlatform } from '../cluster/watch.ts';
import type { Cluster } from '../config/cluster.ts';
import { placedComponents } from '../tree/render.ts';
import type { BootstrapContext } from './context.ts';
import { step } from './step.ts';

/** With --wait: waits until every wave is Healthy at the commit that was pushed, or says what is not and why. */
export const waitForPlatform = step<BootstrapContext, { head: string | undefined }, { head: string | undefined }>({
  name: 'wait',
  look: async ({ repository }) => ({ head: (await repository.state()).head }),
  decide: (found, { options, connection, review }) => {
    if (!options.wait) return { kind: 'skip', message: 'add --wait to watch the waves' };
    if (connection === undefined || review !== undefined || !options.push)
      return { kind: 'skip', message: 'nothing was registered' };
    return {
      kind: 'do',
      message: `wait up to ${options.timeoutMinutes} minutes until every wave is Healthy`,
      work: found,
    };
  },
  act: async ({ head }, { cluster, connection, options, published, reporter }) => {
    if (connection === undefined) throw new Error('decided without a connection');
    const commit = cluster.git.revision ?? published?.commit ?? head;
    const { line } = await watchPlatform(connection, {
      root: cluster.argocd.root.name,
      namespace: cluster.argocd.namespace,
      waves: wavesOf(cluster),
      ...(commit === undefined ? {} : { commit }),
      timeoutSeconds: options.timeoutMinutes * 60,
      report: (text) => reporter.status(`    ${text}`),
    });
    return line;
  },
});

function wavesOf(cluster: Cluster): Wave[] {
  const waves = new Map<number, string[]>();
  for (const { component, wave } of placedComponents(cluster))
    waves.set(wave, [...(waves.get(wave) ?? []), component.name]);
  return [...waves.entries()].sort(([a], [b]) => a - b).map(([wave, applications]) => ({ wave, applications }));
}
