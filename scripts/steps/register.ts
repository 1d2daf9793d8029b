import type { Applied } from '../cluster/apply.ts';
import { applyObjects } from '../cluster/apply.ts';
import type { Connection } from '../cluster/connect.ts';
import { installArgoCD } from '../cluster/install-argocd.ts';
import { register } from '../cluster/register.ts';
import { describeSecretPlan } from '../cluster/secret-plan.ts';
import { writeSecrets } from '../cluster/secret-write.ts';
import { trustHost } from '../cluster/trust.ts';
import type { BootstrapContext } from './context.ts';
import { changeKeys, decideKey, type KeysFound, type KeyWork, lookAtKeys, wantsDeployKey } from './deploy-key.ts';
import { tellPasswords } from './passwords.ts';
import type { RegistrationPlan } from './registration.ts';
import { repositoryTrust } from './repository-trust.ts';
import { type AnyStep, type Decision, type Step, step } from './step.ts';

interface Ready {
  connection: Connection;
  plan: RegistrationPlan;
}

/** Seconds until Argo CD's own workloads must be ready, images pulled. */
const argocdReadyWithin = 900;

/** What keeps a cluster from being told anything now; undefined when nothing does. */
function obstacle({ connection, review, options }: BootstrapContext): string | undefined {
  if (connection === undefined) return 'no Kubernetes context is named';
  if (review !== undefined) return 'the pull request has to be merged first; then run this again';
  if (!options.push) return '--no-push: a cluster is told only about what was pushed';
  return undefined;
}

/** A step of the registration: it has a connection and a plan, or is left out. */
function clusterStep(
  name: string,
  decide: (ready: Ready, context: BootstrapContext) => Decision<Ready>,
  act: Step<BootstrapContext, Ready | undefined, Ready>['act'],
): AnyStep<BootstrapContext> {
  return step<BootstrapContext, Ready | undefined, Ready>({
    name,
    look: async ({ connection, registration }) =>
      connection === undefined || registration === undefined ? undefined : { connection, plan: registration },
    decide: (found, context) => {
      const reason = obstacle(context);
      if (found === undefined || reason !== undefined)
        return { kind: 'skip', message: reason ?? 'no Kubernetes context is named' };
      return decide(found, context);
    },
    act,
  });
}

export const installArgocd = clusterStep(
  'argocd',
  (ready) => {
    const { verdict, argocd } = ready.plan;
    if (verdict?.argocd === 'existing') return { kind: 'skip', message: 'used as it is (argocd.install: false)' };
    if (verdict?.argocd === 'self-managed') return { kind: 'up-to-date', message: 'manages itself from Git' };
    return {
      kind: 'do',
      message: `install Argo CD (${argocd.length} objects) and wait until it is ready`,
      work: ready,
    };
  },
  async ({ connection: { api }, plan }, { reporter }) => {
    if (plan.verdict === undefined) throw new Error('the cluster was not looked at');
    const report = (line: string) => reporter.status(`    ${line}`);
    await applyObjects(api, plan.namespaces, { report, leaveTracked: true });
    const applied = await installArgoCD(api, {
      objects: plan.argocd,
      verdict: plan.verdict,
      readyWithinSeconds: argocdReadyWithin,
      report,
    });
    return `Argo CD is ready: ${tally(applied)}`;
  },
);

export const makeSecrets = clusterStep(
  'secrets',
  (ready) => {
    const plans = (ready.plan.prepared ?? []).map(({ plan }) => plan);
    const changes = plans.filter(({ action, restart }) => action !== 'keep' || restart.length > 0);
    if (changes.length === 0) return { kind: 'up-to-date', message: `${plans.length} Secrets are there and kept` };
    return {
      kind: 'do',
      message: `make ${changes.length} of ${plans.length} Secrets`,
      details: changes.map(describeSecretPlan),
      work: ready,
    };
  },
  async ({ connection: { api }, plan }, context) => {
    const { cluster, reporter } = context;
    await applyObjects(api, plan.namespaces, { leaveTracked: true });
    const { applied, restarted } = await writeSecrets(api, plan.prepared ?? [], {
      cluster: cluster.name,
      tell: (passwords) => tellPasswords(passwords, context),
      report: (line) => reporter.status(`    ${line}`),
    });
    return `Secrets: ${tally(applied)}${restarted.length === 0 ? '' : `; restarted ${restarted.join(', ')}`}`;
  },
);

/** The key with which Argo CD reads the repository: private half in the cluster, public half at the Git host. */
export const deployKey = step<BootstrapContext, KeysFound | undefined, KeyWork>({
  name: 'deploy-key',
  look: async (context) => {
    const { connection, cluster } = context;
    const wanted = wantsDeployKey(cluster) && connection !== undefined && obstacle(context) === undefined;
    return wanted ? await lookAtKeys(context, connection.api) : undefined;
  },
  decide: (found, context) => {
    if (!wantsDeployKey(context.cluster)) return { kind: 'skip', message: 'not asked for (git.credentials.deployKey)' };
    const reason = obstacle(context);
    if (found === undefined || reason !== undefined)
      return { kind: 'skip', message: reason ?? 'no Kubernetes context is named' };
    return decideKey(found, context.registration?.rotateRepository === true);
  },
  act: async (work, context) => {
    const { connection, reporter } = context;
    if (connection === undefined) throw new Error('a deploy key without a cluster was asked for');
    return await changeKeys(work, context, connection.api, (line) => reporter.status(`    ${line}`));
  },
});

export const registerRepository = clusterStep(
  'register',
  (ready) => ({
    kind: 'do',
    message: `apply the repository Secret, AppProject ${ready.plan.project.metadata.name} and root Application ${ready.plan.root.metadata.name}`,
    work: ready,
  }),
  async ({ connection: { api }, plan }, { root, cluster, reporter }) => {
    const trust = repositoryTrust(root, cluster);
    const trusted = trust === undefined ? [] : await trustHost(api, trust);
    const registered = await register(
      api,
      { repository: plan.repository, rotate: plan.rotateRepository, projects: [plan.project], root: plan.root },
      { report: (line) => reporter.status(`    ${line}`) },
    );
    const applied = [...trusted, ...registered];
    const message = `registered with Argo CD: ${tally(applied)}`;
    return applied.every(({ change }) => change === 'unchanged') ? { unchanged: message } : message;
  },
);

function tally(applied: readonly Applied[]): string {
  const count = (change: Applied['change']) => applied.filter((entry) => entry.change === change).length;
  return `${count('created')} created, ${count('changed')} changed, ${count('unchanged')} unchanged`;
}
