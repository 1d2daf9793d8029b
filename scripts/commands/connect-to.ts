import { type Connection, connect } from '../cluster/connect.ts';
import type { Cluster } from '../config/cluster.ts';
import { UsageError } from '../report/errors.ts';
import type { Invocation } from './invocation.ts';

/**
 * Connects to the cluster that a command needs.
 *
 * @throws UsageError without a context; RunError when the cluster is unreachable
 */
export async function connectTo(
  cluster: Cluster,
  { options, reporter }: Invocation<{ context: string | undefined }>,
): Promise<Connection> {
  const context = options.context ?? cluster.kubernetes.context;
  if (context === undefined)
    throw new UsageError(`no Kubernetes context is set for cluster ${cluster.name}`, {
      hint: `Add --context NAME, or set kubernetes.context in ${cluster.folder}/cluster.yaml.`,
    });
  const connection = await connect({ context });
  for (const warning of connection.warnings) reporter.warn(warning);
  return connection;
}
