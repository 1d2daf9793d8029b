import { type Connection, connect } from '../cluster/connect.ts';
import { type Cluster, embeddedRemoteUrl } from '../config/cluster.ts';
import { loadCluster } from '../config/load.ts';
import { sharedNotes } from '../config/notes.ts';
import { ensureEmbeddedRemote } from '../git/embedded.ts';
import { openRepository } from '../git/repository.ts';
import { UsageError } from '../report/errors.ts';
import { bootstrap } from '../steps/bootstrap.ts';
import type { BootstrapOptions } from '../steps/context.ts';
import { resolveGitAccess } from '../steps/git-access.ts';
import { probeRemote } from '../steps/make-repository.ts';
import { once } from '../steps/once.ts';
import { planWithHead } from '../steps/plan-cluster.ts';
import { bootstrapSummary } from '../steps/summary.ts';
import { placePlatform } from '../tree/place.ts';
import { chooseCluster, readableClusters } from './choose-cluster.ts';
import { hideSecrets } from './hide-secrets.ts';
import type { InvocationOf } from './invocation.ts';

/** `npm run bootstrap`: from cluster.yaml to a registered platform. */
export async function run(invocation: InvocationOf<'bootstrap'>): Promise<number> {
  const { root, options, reporter } = invocation;
  const asked = bootstrapOptions(options);
  const name = chooseCluster(invocation);
  const cluster = loadCluster(root, name);
  hideSecrets(invocation, [cluster]);
  const repository = await openRepository(root);
  if (asked.pullRequest) requireHost(cluster);
  const contextName = options.context ?? cluster.kubernetes.context;
  if (asked.wait && contextName === undefined)
    throw new UsageError('--wait follows the waves in a cluster, but no context is set', {
      hint: `Add --context NAME, or set kubernetes.context in ${cluster.folder}/cluster.yaml.`,
    });
  if (asked.wait && !asked.push)
    throw new UsageError('--wait follows the waves in a cluster, and --no-push applies nothing to one', {
      hint: 'Leave out one of them.',
    });
  for (const note of sharedNotes([cluster, ...readableClusters(root, name)])) reporter.warn(note);
  const connection = contextName === undefined ? undefined : await connectOrPreview(invocation, contextName);
  if (cluster.repositoryUrl === embeddedRemoteUrl && asked.push && !asked.dryRun)
    await ensureEmbeddedRemote(root, cluster.git.branch);
  // Without a push, no credentials are needed either.
  const access = resolveGitAccess(root, cluster, reporter);
  const remote = asked.push ? await access.push() : { url: cluster.repositoryUrl };
  const { context, outcomes } = await bootstrap({
    root,
    options: asked,
    reporter,
    repository,
    access,
    remote,
    remoteAtStart: once(() => probeRemote({ cluster, repository, remote, access })),
    connection,
    cluster,
    planned: await planWithHead(root, placePlatform(cluster), repository),
    publication: { kind: 'none' },
    leftOut: [],
  });
  reporter.result(
    {
      cluster: name,
      dryRun: asked.dryRun,
      steps: outcomes,
      ...(context.publication.kind === 'published' ? { commit: context.publication.commit } : {}),
      leftOut: context.leftOut,
    },
    bootstrapSummary(context),
  );
  return 0;
}

/** @throws UsageError when the remote has no pull requests */
function requireHost(cluster: Cluster): void {
  if (!cluster.embeddedRemote && /^(https|ssh):/.test(cluster.repositoryUrl.replace(/^[^/]+@[^/]+:/, 'ssh:'))) return;
  throw new UsageError(
    cluster.embeddedRemote
      ? '--pull-request needs git.url'
      : '--pull-request needs a Git host, and git.url is not on one',
    { hint: `Set git.url in ${cluster.folder}/cluster.yaml to a repository on a Git host.` },
  );
}

/** Without the context that cluster.yaml names, as on a laptop or in CI, a run that applies nothing still shows the rest. */
async function connectOrPreview(
  { options, reporter }: InvocationOf<'bootstrap'>,
  context: string,
): Promise<Connection | undefined> {
  try {
    return await connect({ context });
  } catch (error) {
    const previews = (options.dryRun || !options.push) && options.context === undefined;
    if (!previews || !(error instanceof UsageError)) throw error;
    reporter.warn(`${error.message}: showing what needs no cluster`);
    return undefined;
  }
}

function bootstrapOptions({ timeout, movedFrom, ...rest }: InvocationOf<'bootstrap'>['options']): BootstrapOptions {
  return { ...rest, timeoutMinutes: timeout, ...(movedFrom === undefined ? {} : { movedFrom }) };
}
