import { UsageError } from '../report/errors.ts';
import { applicationApi, deploys, type LiveApplication, sourcesOf } from './applications.ts';
import type { Connection } from './connect.ts';

/** Root Application from a bootstrap, which identifies the cluster of a context. */
export interface ExpectedRoot {
  /** Name of the cluster's folder. */
  cluster: string;
  namespace: string;
  name: string;
  repositoryUrl: string;
  /** For example `clusters/prod/apps`. */
  path: string;
}

/**
 * Stops a command when the context's cluster is not that of the folder: users pass both by hand, and nothing
 * else connects them.
 *
 * @param options.absent whether to accept a cluster without any platform
 * @throws UsageError with what was found
 */
export async function requirePlatform(
  { api, context }: Pick<Connection, 'api' | 'context'>,
  expected: ExpectedRoot,
  options: { absent: 'refused' | 'allowed' },
): Promise<void> {
  const { name, namespace } = expected;
  const root = await api.find<LiveApplication>({
    apiVersion: applicationApi,
    kind: 'Application',
    metadata: { name, namespace },
  });
  const found = whatElse(root, expected);
  if (found === undefined || (root === undefined && options.absent === 'allowed')) return;
  throw new UsageError(`the context ${context} is not the cluster ${expected.cluster}: ${found}`, {
    hint: `Nothing was changed. Pass the context of ${expected.cluster} with --context, or the cluster of ${context} with --cluster.`,
  });
}

/** @returns what exists in place of the expected root; undefined when the root exists */
function whatElse(root: LiveApplication | undefined, expected: ExpectedRoot): string | undefined {
  const { name, namespace, path, repositoryUrl } = expected;
  const application = `Application ${namespace}/${name}`;
  if (root === undefined) return `${application} does not exist: this cluster has no platform yet`;
  if (deploys(root, expected)) return undefined;
  const sources = sourcesOf(root);
  const source = sources.find((one) => one.path !== undefined) ?? sources[0];
  return `its ${application} deploys ${source?.path ?? '?'} of ${source?.repoURL ?? '?'}, not ${path} of ${repositoryUrl}`;
}
