import { type Connection, connect } from '../cluster/connect.ts';
import type { Cluster } from '../config/cluster.ts';
import { UsageError } from '../report/errors.ts';
import type { Invocation } from './invocation.ts';

/**
 * Connects to a cluster that a command can't do without.
 *
 * @throws UsageError when no context is named; RunError when the cluster can't be reached
 */
export async function connectTo(
  cluster: Cluster,
  { options, reporter }: Invocation<{ context: string | undefined }>,
): Promise<Connection> {
  const context = options.context ?? cluster.kubernetes.context;
  if (context === undefined)
    throw new UsageError(`no context is named for cluster ${cluster.name}`, {
      hint: `Add --context NAME, or set kubernetes.context in ${cluster.folder}/cluster.yaml.`,
    });
  const connection = await connect({ context });
  for (const warning of connection.warnings) reporter.warn(warning);
  return connection;
}
