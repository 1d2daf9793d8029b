import type { Cluster } from '../config/cluster.ts';
import { listClusters, loadCluster } from '../config/load.ts';
import { UsageError } from '../report/errors.ts';
import type { Invocation } from './invocation.ts';

/** A command that takes --cluster. */
type Choice = Pick<Invocation<{ cluster: string | undefined }>, 'root' | 'options'>;

/** The template's example, which is nobody's choice once there is another cluster. */
export const example = 'demo';

/**
 * @returns the cluster that was named, or the only one there is beside the example
 * @throws UsageError that lists them when there are several, or none
 */
export function chooseCluster({ root, options }: Choice): string {
  if (options.cluster !== undefined) return options.cluster;
  const all = listClusters(root);
  const names = all.length > 1 ? all.filter((name) => name !== example) : all;
  const [only, ...others] = names;
  if (only === undefined) throw new UsageError('there is no cluster yet', { hint: 'Create one: npm run new -- NAME' });
  if (others.length > 0)
    throw new UsageError(`which cluster? There are ${names.length}: ${names.join(', ')}`, {
      hint: `For example --cluster ${only}`,
    });
  return only;
}

/** @returns the clusters for a command: the named one, or all */
export function chooseClusters({ root, options }: Choice): string[] {
  if (options.cluster !== undefined) return [options.cluster];
  const names = listClusters(root);
  if (names.length === 0) throw new UsageError('there is no cluster yet', { hint: 'Create one: npm run new -- NAME' });
  return names;
}

/** @returns the other clusters, but those whose files have mistakes, which are reported elsewhere */
export function readableClusters(root: string, except?: string): Cluster[] {
  return listClusters(root)
    .filter((name) => name !== except)
    .flatMap((name) => {
      try {
        return [loadCluster(root, name)];
      } catch (error) {
        if (error instanceof UsageError) return [];
        throw error;
      }
    });
}
