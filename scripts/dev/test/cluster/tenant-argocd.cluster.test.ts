import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyObjects } from '../../../cluster/apply.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { guardOfTenants } from '../../../components/tenant-guard.ts';
import { loadCluster } from '../../../config/load.ts';
import { tenantObjects } from '../../../steps/tenant-objects.ts';
import { anyDefinition, type GuardedServer, startGuardedServer } from '../../testing/guarded-server.ts';
import { checkout } from '../repository.ts';
import {
  argocdDefinitions,
  argocdSettings,
  commitAll,
  type RealArgocd,
  startRealArgocd,
  synced,
} from './real-argocd.ts';

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
let argocd: RealArgocd;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-tenant-argocd-'));
  repository = await makeRepository();
  const demo = { ...loadCluster(checkout, 'demo'), repositoryUrl: repository };
  const probe = { ...folders.alias?.object, metadata: { name: 'probe', namespace: 'red' } } as KubernetesObject;
  server = await startGuardedServer(
    guardOfTenants(demo),
    { argocd: {}, red: { labels: { 'breakwater.dev/tenant': 'red' } } },
    [
      ...(await argocdDefinitions()),
      anyDefinition('security.istio.io', 'AuthorizationPolicy', 'authorizationpolicies'),
    ],
    probe,
  );
  const { access } = await tenantObjects(checkout, demo, 'red', tenantText);
  await applyObjects(server.connection.api, [...argocdSettings(demo), ...roleOfTenants(), ...access]);
  argocd = await startRealArgocd(folder, server.server.kubeconfigPath);
});

afterAll(async () => {
  await argocd?.stop();
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
  await commitAll(root);
  return `file://${root}`;
}

/** Kubernetes fills "edit" by a controller, which this server has not; and no one else has rights here. */
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

function applied(name: string, project = 'tenant-red-apps'): Promise<string> {
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
  return synced(server.connection.api, application, argocd);
}

describe("a tenant's objects in Argo CD", () => {
  it.each(Object.entries(folders))(
    'are applied with the rights of the tenant: %s',
    async (name, { object, refusal }) => {
      const words = await applied(name);
      const made = await server.connection.api.find({ ...object, metadata: { ...object.metadata, namespace: 'red' } });
      if (refusal === undefined) expect(words).toContain('"phase":"Succeeded"');
      else expect(words.replaceAll('\\"', '"')).toMatch(refusal);
      expect(made !== undefined).toBe(refusal === undefined);
    },
  );

  it("come from the tenant's repositories only, in Applications of its admins' own", async () => {
    expect(await applied('good', 'tenant-red')).toContain('is not permitted in project');
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
    expect(await applied('good', 'without')).toContain('no matching service account found');
  });
});
