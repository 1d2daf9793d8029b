import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyObjects } from '../../../cluster/apply.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { renderUpstream } from './render-upstream.ts';
import { openScenario } from './scenarios.ts';
import { bootstrap, clusterName, openSite, type TestSite } from './site.ts';
import { type Snapshot, snapshot, written } from './snapshot.ts';

let site: TestSite;
let before: Snapshot;
let head: string;
const foreign: KubernetesObject[] = [];

beforeAll(async () => {
  site = await openSite({ controllers: false });
  const scenario = await openScenario('demo');
  const rendered = await renderUpstream(scenario, ['argocd']).finally(() => scenario.remove());
  const definitions = (rendered.get('argocd') ?? []).filter(({ kind }) => kind === 'CustomResourceDefinition');
  // Left by an Argo CD that was there once.
  await apply(definitions);
});
afterAll(() => site?.stop());

beforeEach(async () => {
  for (const { apiVersion, kind, metadata } of foreign.splice(0)) {
    const plural = `${kind.toLowerCase()}s`;
    const path = `/apis/${apiVersion}/namespaces/${metadata.namespace}/${plural}/${metadata.name}`;
    await site.cluster.connection.api.request({ method: 'DELETE', path });
  }
  head = site.checkout.git('rev-parse', 'HEAD');
});

/** Every refusal comes before the first write: in the cluster, at the Git host, and in the checkout. */
afterEach(async () => {
  expect(written(before, await snapshot(site.cluster.connection.api))).toEqual([]);
  expect(site.remote.git('for-each-ref')).toBe('');
  expect(site.checkout.git('rev-parse', 'HEAD')).toBe(head);
  expect(site.checkout.git('status', '--porcelain')).toBe('');
});

async function apply(objects: readonly KubernetesObject[]): Promise<void> {
  await applyObjects(site.cluster.connection.api, objects, { manager: 'somebody' });
}

/** What someone else has put into the cluster; taken away after the test. */
async function othersHave(...objects: KubernetesObject[]): Promise<void> {
  await apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } }, ...objects]);
  foreign.push(...objects);
  before = await snapshot(site.cluster.connection.api);
}

/** Gives a group rights in the whole cluster. */
async function give(group: string, rules: readonly object[]): Promise<void> {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const apiGroup = 'rbac.authorization.k8s.io';
  await apply([
    { apiVersion, kind: 'ClusterRole', metadata: { name: group }, rules },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: group },
      roleRef: { apiGroup, kind: 'ClusterRole', name: group },
      subjects: [{ apiGroup, kind: 'Group', name: group }],
    },
  ]);
}

describe('a bootstrap is refused before anything is written', () => {
  it('with a context that is not there: exit 2, and which there are', async () => {
    await othersHave();
    const run = await site.run('bootstrap', '--cluster', clusterName, '--context', 'production');
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('the kubeconfig has no context "production"');
    expect(run.stderr).toContain(site.cluster.server.contextName);
  });

  it('by a user without the rights: exit 1, and which are missing', async () => {
    await othersHave();
    const kubeconfig = await site.cluster.server.kubeconfigFor({ name: 'guest' });
    const run = await site.startAs(kubeconfig, ...bootstrap(site)).result;
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/lacks rights/);
    expect(run.stderr).toContain('guest');
  });

  it.each<[who: string, name: string, writes: string[], missing: string[]]>([
    [
      'who may read everything and write nothing',
      'reader',
      [],
      ['create, patch applications.argoproj.io in namespace argocd', 'create, patch secrets in namespace auth'],
    ],
    [
      'who may register, but not install Argo CD',
      'registrar',
      ['', 'apps', 'argoproj.io'],
      [
        'create, patch customresourcedefinitions.apiextensions.k8s.io in the whole cluster',
        'create, patch, escalate, bind clusterroles.rbac.authorization.k8s.io in the whole cluster',
      ],
    ],
  ])('by a user %s: exit 1, and which rights are missing', async (_, name, writes, missing) => {
    await give(name, [
      { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] },
      ...(writes.length === 0 ? [] : [{ apiGroups: writes, resources: ['*'], verbs: ['*'] }]),
    ]);
    await othersHave();
    const kubeconfig = await site.cluster.server.kubeconfigFor({ name, groups: [name] });
    const run = await site.startAs(kubeconfig, ...bootstrap(site)).result;
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(`the user "${name}" lacks rights`);
    const lines = run.stderr.split('\n').map((line) => line.trim());
    for (const right of missing) expect(lines).toContain(right);
  });

  it('where the root belongs to another repository: exit 1, and a hint', async () => {
    await othersHave({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'platform', namespace: 'argocd' },
      spec: {
        project: 'default',
        source: { repoURL: 'https://git.example.com/other/platform.git', path: 'clusters/other/apps' },
        destination: { server: 'https://kubernetes.default.svc', namespace: 'argocd' },
      },
    });
    const run = await site.run(...bootstrap(site));
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('https://git.example.com/other/platform.git');
    expect(run.stderr).toContain('argocd.root.name');
  });

  it('where another cluster of the repository is: exit 1, with the question for the context, also by doctor', async () => {
    await othersHave({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'b-root', namespace: 'argocd' },
      spec: {
        project: 'default',
        source: { repoURL: site.remote.url, path: 'clusters/other/apps' },
        destination: { server: 'https://kubernetes.default.svc', namespace: 'argocd' },
      },
    });
    const run = await site.run(...bootstrap(site));
    expect(run.code).toBe(1);
    expect(run.stderr.match(/this is the cluster "other", not "prod"/g)).toHaveLength(1);
    expect(run.stderr).toContain(`Is this the right context (${site.cluster.server.contextName})?`);
    const doctor = await site.run('doctor', '--cluster', clusterName, '--context', site.cluster.server.contextName);
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toContain('this is the cluster "other", not "prod"');
  });

  it("where Argo CD is Helm's: exit 1, and a hint", async () => {
    const labels = { 'app.kubernetes.io/name': 'argocd-server', 'app.kubernetes.io/managed-by': 'Helm' };
    await othersHave({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name: 'argocd-server',
        namespace: 'argocd',
        labels: { ...labels, 'app.kubernetes.io/part-of': 'argocd' },
        annotations: { 'meta.helm.sh/release-name': 'argo-cd', 'meta.helm.sh/release-namespace': 'argocd' },
      },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: 'server', image: 'quay.io/argoproj/argocd:v3' }] },
        },
      },
    });
    const run = await site.run(...bootstrap(site));
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/Argo CD in namespace argocd belongs to .*Helm/i);
    expect(run.stderr).toContain('argocd.install: false');
  });

  it('without a password that was promised: exit 2, and which variable it is', async () => {
    await othersHave();
    const run = await site.startWithout('BOB_PASSWORD', ...bootstrap(site)).result;
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('BOB_PASSWORD');
  });

  it('with the embedded remote, which no cluster reaches: exit 2', async () => {
    await othersHave();
    site.checkout.write(
      'clusters/demo/cluster.yaml',
      'name: demo\nhost: kubeflow.example.com\nauth: {users: [{email: user@example.com}]}\n',
    );
    site.checkout.git('add', 'clusters/demo');
    site.checkout.git('commit', '--quiet', '--message', 'Add a cluster');
    head = site.checkout.git('rev-parse', 'HEAD');
    const context = site.cluster.server.contextName;
    const run = await site.run('bootstrap', '--cluster', 'demo', '--context', context);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('git.url');
    expect(existsSync(join(site.checkout.root, 'clusters', 'demo', 'apps'))).toBe(false);
  });
});
