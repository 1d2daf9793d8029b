import type { Applied } from '../cluster/apply.ts';
import { applyObjects } from '../cluster/apply.ts';
import type { Connection } from '../cluster/connect.ts';
import { facilities } from '../cluster/facilities.ts';
import { idleLogins, rightsToDelete } from '../cluster/idle-secrets.ts';
import { installArgoCD } from '../cluster/install-argocd.ts';
import { describeObject, type LiveObject } from '../cluster/live.ts';
import type { Verdict } from '../cluster/ownership.ts';
import { requireRights, rightsFor } from '../cluster/preflight.ts';
import { register } from '../cluster/register.ts';
import { removeObjects } from '../cluster/remove.ts';
import { requireOwnership } from '../cluster/require-ownership.ts';
import { changedKeys } from '../cluster/secret-changes.ts';
import { describeSecretPlan, lookAtSecrets, planSecrets } from '../cluster/secret-plan.ts';
import { type PreparedSecret, prepareSecrets } from '../cluster/secret-values.ts';
import { writeSecrets } from '../cluster/secret-write.ts';
import { trustHost } from '../cluster/trust.ts';
import type { KubernetesObject } from '../components/component.ts';
import { bootstrapWrites } from '../components/secret-sources.ts';
import { UsageError } from '../report/errors.ts';
import { namespaceNames } from '../tree/root-objects.ts';
import { secretResolver } from '../workspace/resolver.ts';
import { type BootstrapContext, noConnection, notRegistered } from './context.ts';
import {
  changeKeys,
  decideKey,
  type KeysFound,
  type KeyWork,
  keyInCluster,
  lookAtKeys,
  requireAdministrator,
} from './deploy-key.ts';
import { foreignNamespaces } from './foreign-namespaces.ts';
import { warnOfOtherCredentials, warnOfOtherValues } from './kept-values.ts';
import { tellPasswords } from './passwords.ts';
import {
  gatewayService,
  ownershipQuestion,
  registrationObjects,
  repositoryObject,
  repositorySecretName,
} from './registration.ts';
import { type AnyStep, type Decision, type Done, step } from './step.ts';
import { argocdObjects } from './upstream-objects.ts';
import { webhookRotation } from './webhook.ts';

/** How namespaces are applied. */
const leavingTracked = { leaveTracked: true, takeHandedOver: true } as const;

/** Seconds until Argo CD's own workloads must be ready, images pulled. */
const argocdReadyWithin = 900;

/** A step that needs a cluster: without a connection it is skipped. */
interface ClusterStep<Checked, Found, Work> {
  name: string;
  /** A reason to skip it. */
  unwanted?(context: BootstrapContext): string | undefined;
  check(context: BootstrapContext, connection: Connection): Promise<Checked>;
  look(context: BootstrapContext, connection: Connection, checked: Checked): Promise<Found>;
  decide(found: Found, context: BootstrapContext): Decision<Work>;
  act(work: Work, context: BootstrapContext, connection: Connection): Promise<string | Done<BootstrapContext>>;
}

function clusterStep<Checked, Found, Work>(own: ClusterStep<Checked, Found, Work>): AnyStep<BootstrapContext> {
  type Ready<Value> = { connection: Connection; value: Value };
  return step<BootstrapContext, Ready<Found> | string, Ready<Work>, Ready<Checked> | undefined>({
    name: own.name,
    check: async (context) => {
      const { connection } = context;
      return connection && { connection, value: await own.check(context, connection) };
    },
    look: async (context, checked) => {
      const reason = own.unwanted?.(context) ?? notRegistered(context);
      if (checked === undefined || reason !== undefined) return reason ?? noConnection(context.cluster);
      const { connection, value } = checked;
      return { connection, value: await own.look(context, connection, value) };
    },
    decide: (found, context) => {
      if (typeof found === 'string') return { kind: 'skip', message: found };
      const decision = own.decide(found.value, context);
      if (decision.kind !== 'do') return decision;
      return { ...decision, work: { connection: found.connection, value: decision.work } };
    },
    act: ({ connection, value }, context) => own.act(value, context, connection),
  });
}

interface ArgocdFound {
  verdict: Verdict;
  /** Argo CD's own objects; empty where it is not ours to install. */
  objects: readonly KubernetesObject[];
}

export const installArgocd = clusterStep<ArgocdFound, ArgocdFound, ArgocdFound>({
  name: 'argocd',
  check: checkCluster,
  look: async (_context, _connection, checked) => checked,
  decide: (found) => {
    if (found.verdict.argocd === 'existing')
      return { kind: 'skip', message: 'using the existing Argo CD (argocd.install: false)' };
    if (found.verdict.argocd === 'self-managed') return { kind: 'up-to-date', message: 'manages itself from Git' };
    return {
      kind: 'do',
      message: `install Argo CD (${found.objects.length} objects) and wait until it is ready`,
      work: found,
    };
  },
  act: async ({ verdict, objects }, { planned, reporter }, { api }) => {
    const report = (line: string) => reporter.status(`    ${line}`);
    await applyObjects(api, registrationObjects(planned.platform).namespaces, { report, ...leavingTracked });
    const applied = await installArgoCD(api, { objects, verdict, readyWithinSeconds: argocdReadyWithin, report });
    return `Argo CD is ready: ${appliedText(applied)}`;
  },
});

/** Checks rights and owners in the cluster, and the inputs for Argo CD, before anything is written. */
async function checkCluster(context: BootstrapContext, connection: Connection): Promise<ArgocdFound> {
  const { root, cluster, planned, options, reporter, access } = context;
  const { api, user } = connection;
  // Reports mistakes now; it is resolved again when it is written.
  access.trust();
  if (cluster.embeddedRemote) {
    throw new UsageError(`Argo CD cannot reach this machine's embedded remote`, {
      hint: `Set git.url in ${cluster.folder}/cluster.yaml to a repository that the cluster can reach.`,
    });
  }
  for (const warning of connection.warnings) reporter.warn(warning);
  for (const { state, message } of await facilities(api, cluster)) if (state === 'missing') reporter.warn(message);
  const { namespaces, project, root: rootApplication, secrets } = registrationObjects(planned.platform);
  const repository = repositoryObject(cluster, access.argocd());
  const may = (more: readonly KubernetesObject[]) =>
    requireRights(
      api,
      rightsFor({
        objects: [...namespaces, ...more, repository, project, rootApplication],
        secrets,
        argocdNamespace: cluster.argocd.namespace,
        ...(cluster.host === 'auto' ? { service: gatewayService } : {}),
      }),
      user,
    );
  // First, because the ownership check needs rights itself; Argo CD's own objects are known after it.
  await may([]);
  const question = ownershipQuestion(planned.platform, planned.documents, connection.context, options.movedFrom);
  const verdict = await requireOwnership(api, question);
  for (const { message, hint } of verdict.findings) reporter.warn(`${message}. ${hint}`);
  if (!access.deployKey) warnOfOtherCredentials(verdict.repository, repository, context);
  for (const { message, hint } of await foreignNamespaces(root, connection, cluster))
    reporter.warn(`${message}: its Application will fail. ${hint}`);
  const installed = verdict.argocd === 'existing' || verdict.argocd === 'self-managed';
  const objects = installed ? [] : await argocdObjects(root, cluster, { keep: !options.dryRun });
  if (objects.length > 0) await may(objects);
  return { verdict, objects };
}

interface SecretWork {
  prepared: readonly PreparedSecret[];
  /** Logins that cluster.yaml no longer names. */
  idle: readonly LiveObject[];
}

export const makeSecrets = clusterStep<SecretWork, SecretWork, SecretWork>({
  name: 'secrets',
  check: async ({ root, cluster, planned, options, reporter }, { api, user }) => {
    const { secrets } = registrationObjects(planned.platform);
    // Other steps write the Secrets of the repository and the webhook.
    const elsewhere = [repositorySecretName(cluster), ...(cluster.git.webhook ? [webhookRotation] : [])];
    const rotate = options.rotate.filter((name) => !elsewhere.includes(name));
    const resolve = secretResolver(root, cluster.folder, reporter.hide);
    const found = await lookAtSecrets(api, secrets);
    const plans = planSecrets(secrets, found, rotate, elsewhere);
    const differing = [];
    for (const [index, plan] of plans.entries()) {
      const keys = await changedKeys(plan, found[index]?.live, resolve);
      if (keys.length > 0) differing.push({ need: plan.need, keys });
    }
    warnOfOtherValues(differing, reporter);
    const idle = await idleLogins(api, cluster, secrets, namespaceNames(planned.platform));
    if (idle.length > 0) await requireRights(api, rightsToDelete(idle), user);
    // Prepared values are written later; a dry run shows only names and keys.
    return { prepared: await prepareSecrets(plans, resolve), idle };
  },
  look: async (_context, _connection, work) => work,
  decide: (work, { cluster }) => {
    const { prepared, idle } = work;
    if (!bootstrapWrites(cluster) && prepared.length + idle.length === 0)
      return { kind: 'skip', message: 'they come with their components (secrets in cluster.yaml)' };
    const changes = prepared
      .map(({ plan }) => plan)
      .filter(({ action, restart }) => action !== 'keep' || restart.length > 0);
    if (changes.length + idle.length === 0)
      return { kind: 'up-to-date', message: `${prepared.length} Secrets exist and are kept` };
    const going = idle.length === 0 ? '' : `, and delete ${idle.length} that cluster.yaml no longer names`;
    return {
      kind: 'do',
      message: `create or change ${changes.length} of ${prepared.length} Secrets${going}`,
      details: [...changes.map(describeSecretPlan), ...idle.map((object) => `delete ${describeObject(object)}`)],
      work,
    };
  },
  act: async ({ prepared, idle }, context, { api }) => {
    const { cluster, planned, reporter } = context;
    await applyObjects(api, registrationObjects(planned.platform).namespaces, leavingTracked);
    const { applied, restarted } = await writeSecrets(api, prepared, {
      cluster: cluster.name,
      tell: (passwords) => tellPasswords(passwords, context),
      report: (line) => reporter.status(`    ${line}`),
    });
    await removeObjects(api, idle);
    const gone = idle.length === 0 ? '' : `, ${idle.length} deleted`;
    return `Secrets: ${appliedText(applied)}${gone}${restarted.length === 0 ? '' : `; restarted ${restarted.join(', ')}`}`;
  },
});

/** Argo CD's key for the repository: private half in the cluster, public half on the Git host. */
export const deployKey = clusterStep<void, KeysFound, KeyWork>({
  name: 'deploy-key',
  unwanted: ({ access }) => (access.deployKey ? undefined : 'disabled (git.credentials.deployKey)'),
  check: async (context) => {
    if (context.access.deployKey && context.options.push) await requireAdministrator(context);
  },
  look: (context, { api }) => lookAtKeys(context, api),
  decide: (found, { cluster, options }) => decideKey(found, options.rotate.includes(repositorySecretName(cluster))),
  act: (work, context, { api }) => changeKeys(work, context, api),
});

interface RepositoryWork {
  repository: KubernetesObject;
  /** True: replace existing credentials (`--rotate` with the Secret's name). */
  rotate: boolean;
}

export const registerRepository = clusterStep<void, RepositoryWork, RepositoryWork>({
  name: 'register',
  check: async () => undefined,
  look: async (context, { api }) => {
    const { cluster, access, options } = context;
    if (!access.deployKey) {
      const rotate = options.rotate.includes(repositorySecretName(cluster));
      return { repository: repositoryObject(cluster, access.argocd()), rotate };
    }
    const privateKey = await keyInCluster(api, context);
    const key = privateKey === undefined ? undefined : ({ kind: 'ssh', privateKey } as const);
    return { repository: repositoryObject(cluster, key), rotate: false };
  },
  decide: (found, { planned }) => {
    const { project, root } = registrationObjects(planned.platform);
    return {
      kind: 'do',
      message: `apply the repository Secret, AppProject ${project.metadata.name} and root Application ${root.metadata.name}`,
      work: found,
    };
  },
  act: async ({ repository, rotate }, { planned, access, reporter }, { api }) => {
    const { project, root } = registrationObjects(planned.platform);
    const trust = access.trust();
    const trusted = trust === undefined ? [] : await trustHost(api, trust);
    const registered = await register(
      api,
      { repository, rotate, projects: [project], root },
      { report: (line) => reporter.status(`    ${line}`) },
    );
    const applied = [...trusted, ...registered];
    const message = `registered with Argo CD: ${appliedText(applied)}`;
    return { message, unchanged: applied.every(({ change }) => change === 'unchanged') };
  },
});

function appliedText(applied: readonly Applied[]): string {
  const count = (change: Applied['change']) => applied.filter((entry) => entry.change === change).length;
  return `${count('created')} created, ${count('changed')} changed, ${count('unchanged')} unchanged`;
}
