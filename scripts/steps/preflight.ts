import { requireOwnership } from '../cluster/ownership.ts';
import { requireRights, rightsFor } from '../cluster/preflight.ts';
import { lookAtSecrets, planSecrets } from '../cluster/secret-plan.ts';
import { prepareSecrets } from '../cluster/secret-values.ts';
import { UsageError } from '../report/errors.ts';
import { resolveReference } from '../workspace/secret-reference.ts';
import type { BootstrapContext } from './context.ts';
import {
  gatewayService,
  ownershipQuestion,
  type RegistrationPlan,
  registrationObjects,
  repositoryCredentials,
  repositoryObject,
} from './registration.ts';
import { argocdObjects } from './upstream-objects.ts';
import { planWithHead, requireNamedRemovals, requireUnblocked } from './write-tree.ts';

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

async function checkRepository({
  root,
  cluster,
  repository,
  remote,
  options,
  reporter,
}: BootstrapContext): Promise<void> {
  const planned = await planWithHead(root, cluster, repository);
  requireUnblocked(planned);
  requireNamedRemovals(planned, options.remove);
  const state = await repository.requireCommittable();
  const { branch, publish } = cluster.git;
  if (publish === 'push' && state.branch !== branch) {
    throw new UsageError(
      `you are on branch ${state.branch ?? '(none)'}, and cluster ${cluster.name} is published to ${branch}`,
      {
        hint: `Run "git switch ${branch}", or set git.branch in ${cluster.folder}/cluster.yaml.`,
      },
    );
  }
  if (state.shallow)
    reporter.warn(
      'this is a shallow clone: if the remote has moved, the run may have to stop; "git fetch --unshallow" helps',
    );
  if (!options.push || (options.dryRun && cluster.embeddedRemote)) return;
  const there = (await repository.probe(remote)).branches.get(branch);
  const nothingToSend =
    there !== undefined &&
    there === state.head &&
    planned.plan.create.length + planned.plan.change.length + planned.plan.delete.length === 0;
  // Recovery onto a new cluster needs no right to write.
  if (!nothingToSend && publish === 'push') await repository.requirePushable({ remote, branch });
}

async function checkCluster(
  context: BootstrapContext,
  connection: NonNullable<BootstrapContext['connection']>,
): Promise<RegistrationPlan> {
  const { root, cluster, options, reporter } = context;
  const { api, user } = connection;
  if (cluster.embeddedRemote) {
    throw new UsageError(`Argo CD can't reach the embedded remote of this machine`, {
      hint: `Set git.url in ${cluster.folder}/cluster.yaml to a repository that the cluster can reach.`,
    });
  }
  for (const warning of connection.warnings) reporter.warn(warning);
  const objects = registrationObjects(cluster);
  const credentials = repositoryCredentials(root, cluster, reporter);
  const verdict = await requireOwnership(api, ownershipQuestion(cluster));
  for (const { refuse, message, wayOut } of verdict.findings) if (!refuse) reporter.warn(`${message}. ${wayOut}`);
  const plan: RegistrationPlan = {
    ...objects,
    argocd:
      verdict.argocd === 'existing' || verdict.argocd === 'self-managed' ? [] : await argocdObjects(root, cluster),
    repository: repositoryObject(cluster, credentials),
    verdict,
  };
  await requireRights(
    api,
    rightsFor({
      objects: [...plan.namespaces, ...plan.argocd, plan.repository, plan.project, plan.root],
      secrets: plan.secrets,
      argocdNamespace: cluster.argocd.namespace,
      ...(cluster.host === 'auto' ? { service: gatewayService } : {}),
    }),
    user,
  );
  const plans = planSecrets(plan.secrets, await lookAtSecrets(api, plan.secrets), options.rotate);
  // Values are made only where they will be written; names and keys are enough for a dry run.
  const prepared = await prepareSecrets(plans, (reference) => resolveReference(root, reference));
  return { ...plan, prepared };
}
