import { UsageError } from '../report/errors.ts';
import { applicationApi, deploys, type LiveApplication, sourcesOf } from './applications.ts';
import type { Connection } from './connect.ts';

/** By what the cluster of a context is told to be the one that is meant: the root Application that a bootstrap made there. */
export interface ExpectedRoot {
  /** Name of the cluster's folder. */
  cluster: string;
  namespace: string;
  name: string;
  repositoryUrl: string;
  /** As `clusters/prod/apps`. */
  path: string;
}

/**
 * Holds a command off a cluster that is another than the one it was told: a context and a folder are named by hand, and nothing
 * else ties them together.
 *
 * @param options.absent whether a cluster without any platform will do
 * @throws UsageError that says what is there
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
  throw new UsageError(`the context ${context} is not that of ${expected.cluster}: ${found}`, {
    hint: `Nothing was tried or changed. Name the context of ${expected.cluster} with --context, or the cluster that ${context} is with --cluster.`,
  });
}

/** @returns what is there in place of the root, undefined when that is there */
function whatElse(root: LiveApplication | undefined, expected: ExpectedRoot): string | undefined {
  const { name, namespace, path, repositoryUrl } = expected;
  const application = `Application ${namespace}/${name}`;
  if (root === undefined) return `no ${application} is there, which a bootstrap would have made`;
  if (deploys(root, expected)) return undefined;
  const sources = sourcesOf(root);
  const source = sources.find((one) => one.path !== undefined) ?? sources[0];
  return `its ${application} deploys ${source?.path ?? '?'} of ${source?.repoURL ?? '?'}, not ${path} of ${repositoryUrl}`;
}
