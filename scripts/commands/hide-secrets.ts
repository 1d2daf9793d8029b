import type { Cluster } from '../config/cluster.ts';
import { knownSecrets } from '../workspace/known-secrets.ts';
import type { Invocation } from './invocation.ts';

/**
 * Takes the secrets that clusters refer to out of the environment and out of what is printed. Before any other program is
 * started: each of them inherits what is there.
 */
export function hideSecrets({ root, reporter }: Pick<Invocation, 'root' | 'reporter'>, clusters: readonly Cluster[]) {
  reporter.hide(knownSecrets(root, clusters));
}
