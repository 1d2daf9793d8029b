import { existsSync } from 'node:fs';
import type { LiveData } from '../cluster/live.ts';
import type { Verdict } from '../cluster/ownership.ts';
import { requireRights, rightsFor } from '../cluster/preflight.ts';
import { holdsOthers } from '../cluster/register.ts';
import { requireOwnership } from '../cluster/require-ownership.ts';
import { lookAtSecrets, planSecrets } from '../cluster/secret-plan.ts';
import { prepareSecrets } from '../cluster/secret-values.ts';
import type { KubernetesObject } from '../components/component.ts';
import { commitObstacle } from '../git/state.ts';
import { UsageError } from '../report/errors.ts';
import { resolveReference } from '../workspace/secret-reference.ts';
import { requireCleanRepository } from './check-repository.ts';
import { pathsToCommit } from './commit.ts';
import { type BootstrapContext, embeddedRemoteFolder } from './context.ts';
import { keyInCluster, requireAdministrator, wantsDeployKey } from './deploy-key.ts';
import { probeRemote } from './make-repository.ts';
import { planWithHead } from './plan-cluster.ts';
import { publishMode } from './publish.ts';
import {
  gatewayService,
  ownershipQuestion,
  type RegistrationPlan,
  registrationObjects,
  repositoryCredentials,
  repositoryObject,
} from './registration.ts';
import { repositoryTrust } from './repository-trust.ts';
import { requireValid } from './require-valid.ts';
import { argocdObjects } from './upstream-objects.ts';
import { requireRotatable, webhookRotation } from './webhook.ts';
import { namedRemovals, requireComponents, requireNamedRemovals, requireUnblocked } from './write-tree.ts';

/**
 * Looks at everything that can refuse, before the first write: files in the way, the repository, the remote, the cluster's
 * rights and owners, and every secret's source.
 *
 * @throws UsageError, RunError: nothing was changed then
 */
export async function preflight(context: BootstrapContext): Promise<void> {
  await checkRepository(context);
  if (context.connection !== undefined) context.registration = await checkCluster(context, context.connection);
}

async function checkRepository(context: BootstrapContext): Promise<void> {
  const { root, cluster, repository, remote, options, reporter } = context;
  if (options.rotate.length > 0 && context.connection === undefined)
    throw new UsageError('--rotate makes Secrets again in a cluster, and none is named', {
      hint: `Add --context NAME, or set kubernetes.context in ${cluster.folder}/cluster.yaml.`,
    });
  requireRotatable(context);
  const planned = await planWithHead(root, cluster, repository);
  requireComponents(planned, options.remove);
  requireUnblocked(planned);
  await requireCleanRepository(root);
  requireNamedRemovals(planned, namedRemovals(root, cluster, options.remove));
  const pending = await pathsToCommit(context, planned);
  const state = await repository.state();
  // Who you are matters to a commit only: a fresh clone on a fresh machine has nothing to commit.
  const obstacle = commitObstacle({ ...state, identity: state.identity || pending.length === 0 });
  if (obstacle !== undefined) throw obstacle;
  const { branch } = cluster.git;
  const publish = publishMode(context);
  if (publish === 'push' && state.branch !== branch) {
    const make = (await repository.hasBranch(branch)) ? '' : '-c ';
    throw new UsageError(
      `you are on branch ${state.branch ?? '(none)'}, and cluster ${cluster.name} is published to ${branch}`,
      { hint: `Run "git switch ${make}${branch}", or set git.branch in ${cluster.folder}/cluster.yaml.` },
    );
  }
  if (state.shallow)
    reporter.warn(
      'this is a shallow clone: if the remote has moved, the run may have to stop; "git fetch --unshallow" helps',
    );
  // The embedded remote is made by the run.
  const asks = options.push && !(cluster.embeddedRemote && !existsSync(embeddedRemoteFolder(root)));
  const found = asks ? await probeRemote(context) : undefined;
  const there = found?.branches.get(branch);
  const nothingToSend = there !== undefined && there === state.head && pending.length === 0;
  await requireValid(context, !nothingToSend);
  // A repository that is made by the run has nothing yet that could refuse.
  if (found === undefined) return;
  if (there !== undefined && there !== state.head) await repository.requireRelated({ remote, branch });
  const other = await repository.rewrittenUrl(remote.url);
  if (other !== undefined)
    reporter.warn(
      `git rewrites ${remote.url} to ${other} (url.*.insteadOf in your git settings): this run publishes there, with whatever credentials git has for it, and Argo CD reads ${cluster.repositoryUrl}`,
    );
  // Recovery onto a new cluster needs no right to write.
  if (!nothingToSend && publish === 'push') await repository.requirePushable({ remote, branch });
}

async function checkCluster(
  context: BootstrapContext,
  connection: NonNullable<BootstrapContext['connection']>,
): Promise<RegistrationPlan> {
  const { root, cluster, options, reporter } = context;
  const { api, user } = connection;
  // What Argo CD shall trust is read once more when it is written.
  repositoryTrust(root, cluster);
  if (cluster.embeddedRemote) {
    throw new UsageError(`Argo CD can't reach the embedded remote of this machine`, {
      hint: `Set git.url in ${cluster.folder}/cluster.yaml to a repository that the cluster can reach.`,
    });
  }
  for (const warning of connection.warnings) reporter.warn(warning);
  const objects = registrationObjects(cluster);
  const credentials = repositoryCredentials(root, cluster, reporter);
  let repository = repositoryObject(cluster, credentials);
  const may = (more: readonly KubernetesObject[]) =>
    requireRights(
      api,
      rightsFor({
        objects: [...objects.namespaces, ...more, repository, objects.project, objects.root],
        secrets: objects.secrets,
        argocdNamespace: cluster.argocd.namespace,
        ...(cluster.host === 'auto' ? { service: gatewayService } : {}),
      }),
      user,
    );
  // Before the look at who owns what, which needs rights itself; Argo CD's own objects are known after it.
  await may([]);
  const privateKey = wantsDeployKey(cluster) ? await keyInCluster(api, cluster) : undefined;
  if (privateKey !== undefined) {
    reporter.hide([privateKey]);
    repository = repositoryObject(cluster, { kind: 'ssh', privateKey });
  }
  if (options.push && (wantsDeployKey(cluster) || cluster.git.webhook)) await requireAdministrator(context);
  const verdict = await requireOwnership(api, ownershipQuestion(cluster, connection.context, options.movedFrom));
  for (const { message, hint } of verdict.findings) reporter.warn(`${message}. ${hint}`);
  warnOfOtherCredentials(verdict.repository, repository, options.rotate, reporter);
  const installed = verdict.argocd === 'existing' || verdict.argocd === 'self-managed';
  const argocd = installed ? [] : await argocdObjects(root, cluster, { keep: !options.dryRun });
  if (argocd.length > 0) await may(argocd);
  // The repository's Secret is written with the registration, the webhook's by a step of its own, not with the platform's.
  const elsewhere = [repository.metadata.name, ...(cluster.git.webhook ? [webhookRotation] : [])];
  const rotate = options.rotate.filter((name) => !elsewhere.includes(name));
  const plans = planSecrets(objects.secrets, await lookAtSecrets(api, objects.secrets), rotate, elsewhere);
  // Values are made only where they will be written; names and keys are enough for a dry run.
  const prepared = await prepareSecrets(plans, (reference) => resolveReference(root, reference));
  return {
    ...objects,
    argocd,
    repository,
    rotateRepository: options.rotate.includes(repository.metadata.name),
    verdict,
    prepared,
  };
}

/** Credentials that are there stay until they are rotated by name: nothing would say so before the old ones are revoked. */
function warnOfOtherCredentials(
  live: Verdict['repository'],
  wanted: KubernetesObject,
  rotate: readonly string[],
  reporter: BootstrapContext['reporter'],
): void {
  const { name, namespace } = wanted.metadata;
  if (live === undefined || rotate.includes(name) || !holdsOthers(live, wanted as LiveData)) return;
  reporter.warn(
    `Secret ${namespace}/${name} holds other credentials than git.credentials gives now, and Argo CD keeps using those. To replace them: --rotate ${name}`,
  );
}
