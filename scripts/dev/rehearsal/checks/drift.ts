import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ask } from '../observe/ask.ts';
import type { RehearsalSite } from '../site.ts';
import type { Check } from './check.ts';
import { clusterFile, clusterYaml, since } from './commits.ts';
import { argocd, passed } from './root.ts';

const group = 'Change by Git';

/** Manual changes are reverted; disabled components are removed, but their data stays. */
export const check: Check = {
  name: 'drift',
  title: 'A manual change is reverted, a disabled component is removed',
  quick: false,
  run: async (site) => {
    await healsDeletedPolicy(site);
    await healsChangedDeployment(site);
    await switchesOff(site);
  },
};

/** The policy that requires the login: the most dangerous object to delete. */
async function healsDeletedPolicy(site: RehearsalSite): Promise<void> {
  const policy = ['authorizationpolicy.security.istio.io', 'login-required'];
  const uid = ['-n', 'ingress', 'get', ...policy, '--ignore-not-found', '-o', 'jsonpath={.metadata.uid}'];
  const before = await site.kubectl(uid);
  await site.kubectl(['-n', 'ingress', 'delete', ...policy]);
  const start = Date.now();
  const again = async () => {
    const now = await site.kubectl(uid);
    return now !== '' && now !== before ? true : undefined;
  };
  await site.until('the deleted policy is back', again, 120);
  const healed = since(start);
  const asks = async () => ((await ask(`https://${await site.host()}/`)).status === 302 ? true : undefined);
  await site.until('the gateway requires the login again', asks, 60);
  site.record.check({
    group,
    name: 'a deleted policy comes back',
    tried: 'kubectl delete of the AuthorizationPolicy that requires the login',
    expected: 'Argo CD restores it automatically, and the gateway requires the login',
    got: `back after ${healed}, the login after ${since(start)}`,
    ok: true,
  });
}

async function healsChangedDeployment(site: RehearsalSite): Promise<void> {
  const image = '{.spec.template.spec.containers[0].image}';
  const look = () => site.kubectl(['-n', 'auth', 'get', 'deployment', 'dex', '-o', `jsonpath=${image}`]);
  const before = await look();
  await site.kubectl(['-n', 'auth', 'set', 'image', 'deployment/dex', `*=${before}-changed-by-hand`]);
  const start = Date.now();
  await site.until('the image is as before', async () => ((await look()) === before ? true : undefined), 120);
  const healed = since(start);
  const rolled = ['-n', 'auth', 'rollout', 'status', 'deployment/dex', '--timeout=120s'];
  await site.kubectl(rolled);
  site.record.check({
    group,
    name: 'a changed Deployment is reverted',
    tried: "kubectl set image of Dex's Deployment to one that does not exist",
    expected: "Git's image again, automatically",
    got: `after ${healed}`,
    ok: (await look()) === before,
  });
}

/** A component that can be disabled, with its objects. */
interface Removable {
  application: string;
  keys: Record<string, unknown>;
  namespace: string;
  /** A workload that must be deleted. */
  workload: string;
  /** A CRD that must stay, with all objects of its kind. */
  crd: string;
}

async function removable(site: RehearsalSite): Promise<Removable> {
  const config = parse(await readFile(join(site.root, clusterFile(site, 'cluster.yaml')), 'utf8'));
  const parts: string[] | undefined = config.kubeflow?.components;
  if (parts?.includes('tensorboards'))
    return {
      application: 'kubeflow-tensorboards',
      keys: { 'kubeflow.components': parts.filter((part) => part !== 'tensorboards') },
      namespace: 'kubeflow',
      workload: 'deployment/tensorboards-web-app-deployment',
      crd: 'tensorboards.tensorboard.kubeflow.org',
    };
  // Without Kubeflow: the address assigned by MetalLB stays while MetalLB is removed.
  return {
    application: 'metallb',
    keys: { loadBalancer: undefined },
    namespace: 'metallb-system',
    workload: 'deployment/metallb-controller',
    crd: 'ipaddresspools.metallb.io',
  };
}

async function switchesOff(site: RehearsalSite): Promise<void> {
  const { application, keys, namespace, workload, crd } = await removable(site);
  const exists = async (...words: string[]) =>
    (await site.kubectl(['get', ...words, '--ignore-not-found', '-o', 'name'])) !== '';
  const uid = () => site.kubectl(['get', 'namespace', namespace, '-o', 'jsonpath={.metadata.uid}']);
  const before = { workload: await exists('-n', namespace, workload), namespace: await uid() };
  const commit = await site.change(`Switch ${application} off`, await clusterYaml(site, keys));
  await passed(site, commit);
  const gone = async () =>
    !(await exists('-n', argocd.namespace, 'application', application)) && !(await exists('-n', namespace, workload))
      ? true
      : undefined;
  await site.until(`${application} and its workload are gone`, gone, 240);
  const stays = { crd: await exists('crd', crd), namespace: (await uid()) === before.namespace };
  site.record.check({
    group,
    name: 'a disabled component is removed; CRDs and namespaces stay',
    tried: `${application} taken out of cluster.yaml`,
    expected: `its Application and ${workload} are deleted; the CRD ${crd} and the namespace ${namespace} stay`,
    got: `workload before: ${before.workload}; gone; CRD there: ${stays.crd}; namespace the same: ${stays.namespace}`,
    ok: before.workload && stays.crd && stays.namespace,
  });
  await passed(site, await site.revert(commit));
  await site.until(
    `${workload} is back`,
    async () => ((await exists('-n', namespace, workload)) ? true : undefined),
    240,
  );
}
