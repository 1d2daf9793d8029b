import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { $ } from 'zx/core';
import type { LiveApplication } from '../../../cluster/applications.ts';
import { applyObjects } from '../../../cluster/apply.ts';
import { requiredSettings } from '../../../components/argocd.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { guardOfTenants } from '../../../components/tenant-guard.ts';
import { loadCluster } from '../../../config/load.ts';
import { tenantObjects } from '../../../steps/tenant-objects.ts';
import { freePort } from '../../sandbox/api-server.ts';
import { buildPrograms } from '../../sandbox/build.ts';
import { moduleFolder } from '../../sandbox/modules.ts';
import { argocdManifest } from '../../testing/api-server.ts';
import { anyDefinition, type GuardedServer, startGuardedServer } from '../../testing/guarded-server.ts';
import { checkout } from '../repository.ts';

// Argo CD's real controller and repository server, with the tree's settings and the tenants' projects, on a real API server.
const namespace = 'argocd';
const tenantText = 'kind: namespace\nowner: ann@example.com\n';

/** What a tenant puts into a folder, and what comes of it. */
const folders: Readonly<Record<string, { object: KubernetesObject; refusal?: RegExp }>> = {
  good: {
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'good' }, data: { text: 'x' } },
  },
  plain: {
    object: { apiVersion: 'v1', kind: 'Service', metadata: { name: 'plain' }, spec: { ports: [{ port: 80 }] } },
  },
  alias: {
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'alias' },
      spec: { type: 'ExternalName', externalName: 'argocd-server.argocd.svc.cluster.local' },
    },
    refusal: /must not be of type ExternalName/,
  },
  unlisted: {
    object: {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { name: 'unlisted' },
      revision: 1,
    } as KubernetesObject,
    refusal: /system:serviceaccount:argocd:tenant-red.* cannot create resource "controllerrevisions"/,
  },
  denied: {
    object: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'denied' },
      spec: { podSelector: {} },
    },
    refusal: /NetworkPolicy is not permitted/,
  },
};

let folder: string;
let server: GuardedServer;
let repository: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-tenant-argocd-'));
  const { argocd: program } = await buildPrograms(['argocd'], { report: (line) => console.log(line) });
  repository = await makeRepository();
  const demo = { ...loadCluster(checkout, 'demo'), repositoryUrl: repository };
  const probe = { ...folders.alias?.object, metadata: { name: 'probe', namespace: 'red' } } as KubernetesObject;
  const crds = await Promise.all(
    ['application', 'appproject', 'applicationset'].map(async (name) =>
      parse(await argocdManifest(`crds/${name}-crd.yaml`)),
    ),
  );
  server = await startGuardedServer(
    guardOfTenants(demo),
    { argocd: {}, red: { labels: { 'breakwater.dev/tenant': 'red' } } },
    [...crds, anyDefinition('security.istio.io', 'AuthorizationPolicy', 'authorizationpolicies')],
    probe,
  );
  const { access } = await tenantObjects(checkout, demo, 'red', tenantText);
  await applyObjects(server.connection.api, [...settings(demo), ...roleOfTenants(), ...access]);
  await startArgocd(program);
});

afterAll(async () => {
  for (const child of children) child.kill('SIGTERM');
  await server?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

async function makeRepository(): Promise<string> {
  const root = join(folder, 'repository');
  for (const [name, { object }] of Object.entries(folders)) {
    const file = join(root, 'tenants', 'red', 'apps', name, 'object.json');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(object));
  }
  const git = $({ quiet: true, cwd: root });
  await git`git init -q -b main && git add -A && git -c user.name=test -c user.email=test@example.com commit -qm x`;
  return `file://${root}`;
}

function settings(cluster: ReturnType<typeof loadCluster>): KubernetesObject[] {
  const labels = { 'app.kubernetes.io/part-of': 'argocd' };
  const configMap = (name: string, data: Record<string, string>): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels },
    data,
  });
  return [
    configMap('argocd-cm', requiredSettings(cluster)),
    configMap('argocd-rbac-cm', {}),
    configMap('argocd-cmd-params-cm', {}),
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'argocd-secret', namespace, labels },
      stringData: { 'server.secretkey': 'key' },
    },
  ];
}

/** Kubernetes fills "edit" by a controller, which this server has not; and nobody else has rights here. */
function roleOfTenants(): KubernetesObject[] {
  const rbac = 'rbac.authorization.k8s.io';
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'edit' },
      rules: [
        { apiGroups: [''], resources: ['configmaps', 'services', 'secrets', 'pods'], verbs: ['*'] },
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['*'] },
        { apiGroups: ['apps'], resources: ['controllerrevisions'], verbs: ['get', 'list', 'watch'] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'everything-but-tenants' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'everything-but-tenants' },
      subjects: [],
    },
  ];
}

/** Scripts of Argo CD's image that its repository server calls. */
async function scriptsOfImage(): Promise<string> {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const name of ['gpg-wrapper.sh', 'git-verify-wrapper.sh'])
    writeFileSync(join(bin, name), readFileSync(join(await moduleFolder('argo-cd'), 'hack', name)), { mode: 0o755 });
  return bin;
}

async function startArgocd(program: string): Promise<void> {
  const bin = await scriptsOfImage();
  const [redis, repo, ...metrics] = await Promise.all(Array.from({ length: 4 }, freePort));
  const start = (command: string, argv0: string, args: readonly string[]) => {
    const env = {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: folder,
      KUBECONFIG: server.server.kubeconfigPath,
      ARGOCD_FAKE_IN_CLUSTER: 'true',
      ARGOCD_GPG_ENABLED: 'false',
    };
    const child = spawn(command, args, { env, argv0, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-4000);
    });
    children.push(child);
  };
  start('redis-server', 'redis-server', ['--port', String(redis), '--bind', '127.0.0.1', '--save', '']);
  start(program, 'argocd-repo-server', [
    ...['--address', '127.0.0.1', '--port', String(repo), '--metrics-port', String(metrics[0])],
    ...['--redis', `127.0.0.1:${redis}`],
  ]);
  start(program, 'argocd-application-controller', [
    ...['--kubeconfig', server.server.kubeconfigPath, '--namespace', namespace],
    ...['--repo-server', `127.0.0.1:${repo}`, '--redis', `127.0.0.1:${redis}`],
    ...['--metrics-port', String(metrics[1])],
  ]);
}
let log = '';

async function synced(name: string, project = 'tenant-red-apps'): Promise<string> {
  const application: KubernetesObject = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: `${project}-${name}`, namespace },
    spec: {
      project,
      source: { repoURL: repository, targetRevision: 'main', path: `tenants/red/apps/${name}` },
      destination: { server: 'https://kubernetes.default.svc', namespace: 'red' },
      syncPolicy: { automated: {} },
    },
  };
  const { api } = server.connection;
  await applyObjects(api, [application]);
  for (let tries = 0; tries < 120; tries += 1) {
    const live = await api.find<LiveApplication & { status?: { conditions?: { message?: string }[] } }>(application);
    const { operationState, conditions = [] } = live?.status ?? {};
    const done =
      operationState?.phase === 'Succeeded' || /failed|not permitted|no matching/.test(operationState?.message ?? '');
    const words = JSON.stringify([operationState ?? '', conditions]);
    if (done || words.includes('InvalidSpecError')) return words;
    await sleep(500);
  }
  throw new Error(`the Application ${name} was not synced; the log says:\n${log}`);
}

describe("a tenant's objects in Argo CD", () => {
  it.each(Object.entries(folders))(
    'are applied with the rights of the tenant: %s',
    async (name, { object, refusal }) => {
      const words = await synced(name);
      const made = await server.connection.api.find({ ...object, metadata: { ...object.metadata, namespace: 'red' } });
      if (refusal === undefined) expect(words).toContain('"phase":"Succeeded"');
      else expect(words.replaceAll('\\"', '"')).toMatch(refusal);
      expect(made !== undefined).toBe(refusal === undefined);
    },
  );

  it("come from the tenant's repositories only, in Applications of its admins' own", async () => {
    expect(await synced('good', 'tenant-red')).toContain('is not permitted in project');
  });

  it('are not applied at all where the project names no account', async () => {
    const { api } = server.connection;
    const project: KubernetesObject = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: { name: 'without', namespace },
      spec: { sourceRepos: ['*'], destinations: [{ server: '*', namespace: '*' }] },
    };
    await applyObjects(api, [project]);
    expect(await synced('good', 'without')).toContain('no matching service account found');
  });
});
