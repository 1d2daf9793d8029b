import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyObjects } from '../../../cluster/apply.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { profiles } from '../../../components/kubeflow/profiles.ts';
import { guardOfTenants } from '../../../components/tenant-guard.ts';
import { loadCluster } from '../../../config/load.ts';
import { tenantObjects } from '../../../steps/tenant-objects.ts';
import {
  anyDefinition,
  created,
  deleted,
  type GuardedServer,
  replaced,
  startGuardedServer,
} from '../../testing/guarded-server.ts';
import { checkout } from '../repository.ts';

const demo = loadCluster(checkout, 'demo');
const account = (name: string) => `system:serviceaccount:${name}`;
const controller = account('argocd:argocd-application-controller');
/** Of the profile controller and of the access API, which the dashboard calls; bound to cluster-admin upstream. */
const profileController = account('kubeflow:profiles-controller-service-account');
const ann = 'ann@example.com';

const profile = (name: string, owner: string): KubernetesObject => ({
  apiVersion: 'kubeflow.org/v1',
  kind: 'Profile',
  metadata: { name },
  spec: { owner: { kind: 'User', name: owner } },
});
const namespace = (name: string, labels: Record<string, string> = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
});
const tenantOf = (name: string) => ({ 'breakwater.dev/tenant': name });

let server: GuardedServer;

beforeAll(async () => {
  server = await startGuardedServer(
    [...guardOfTenants(demo), ...(profiles.manifests?.(demo) ?? [])],
    { red: { labels: tenantOf('red') }, 'rook-ceph': {}, argocd: {} },
    [
      anyDefinition('kubeflow.org', 'Profile', 'profiles', { scope: 'Cluster' }),
      anyDefinition('security.istio.io', 'AuthorizationPolicy', 'authorizationpolicies'),
      anyDefinition('networking.istio.io', 'VirtualService', 'virtualservices'),
      anyDefinition('networking.istio.io', 'DestinationRule', 'destinationrules'),
    ],
    profile('probe', ann),
  );
  const rbac = 'rbac.authorization.k8s.io';
  await applyObjects(await server.user('admin'), [
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'cluster-admins' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [profileController, controller].map((name) => ({ apiGroup: rbac, kind: 'User', name })),
    },
  ]);
});
afterAll(() => server?.stop());

describe('a Profile', () => {
  it.each([ann, profileController, account('kubeflow:centraldashboard')])(
    'is neither made nor deleted by %s',
    async (user) => {
      const api = await server.user(user);
      expect(await created(api, profile('bob-takes-one', 'bob@example.com'))).toContain('by pull request only');
      await applyObjects(await server.user('admin'), [profile('team-a', 'team-a@tenants.invalid')]);
      expect(await replaced(api, profile('team-a', 'bob@example.com'))).toContain('by pull request only');
      expect(await deleted(api, profile('team-a', ''))).toContain('by pull request only');
    },
  );

  it.each([controller, 'admin'])('is made, changed and deleted by %s', async (user) => {
    const api = await server.user(user);
    expect(await created(api, profile('team-b', 'ann@example.com'))).toBeUndefined();
    expect(await replaced(api, profile('team-a', 'ann@example.com'))).toBeUndefined();
    expect(await deleted(api, profile('team-a', ''))).toBeUndefined();
  });

  it("keeps its controller's finalizer and status", async () => {
    const kept = profile('team-a', 'team-a@tenants.invalid');
    const finalized = { ...kept, metadata: { ...kept.metadata, finalizers: ['profile-finalizer'] } };
    expect(await replaced(await server.user(profileController), finalized)).toBeUndefined();
  });
});

describe('a namespace that was there before', () => {
  it.each([controller, ann, profileController])("becomes no tenant's by %s", async (user) => {
    const api = await server.user(user);
    expect(await replaced(api, namespace('rook-ceph', tenantOf('rook-ceph')))).toContain(
      'the namespace rook-ceph existed before the tenant',
    );
    expect(await replaced(api, namespace('red', tenantOf('blue')))).toContain('kubectl label namespace red');
    // What is the tenant's may be changed, and new ones are made.
    expect(await replaced(api, namespace('red', { ...tenantOf('red'), more: 'labels' }))).toBeUndefined();
    expect(await created(api, namespace('blue', tenantOf('blue')))).toBeUndefined();
  });

  it('may be handed over by a cluster administrator', async () => {
    const admin = await server.user('admin');
    expect(await replaced(admin, namespace('rook-ceph', tenantOf('rook-ceph')))).toBeUndefined();
  });

  it('gets nothing of what the chart makes for a tenant of its name', async () => {
    const api = await server.user(controller);
    const text =
      'kind: namespace\nowner: eve@example.com\nroutes: [{path: /tenants/rook-ceph/, service: web, port: 80}]\n';
    const { access, place } = await tenantObjects(checkout, demo, 'rook-ceph', text);
    const inside = [...access, ...place].filter(({ metadata }) => metadata.namespace === 'rook-ceph');
    expect([...new Set(inside.map(({ kind }) => kind))].sort()).toEqual([
      'AuthorizationPolicy',
      'DestinationRule',
      'LimitRange',
      'NetworkPolicy',
      'ResourceQuota',
      'RoleBinding',
      'ServiceAccount',
      'VirtualService',
    ]);
    for (const object of inside) {
      const known = { ...object, apiVersion: object.apiVersion.replace('istio.io/v1beta1', 'istio.io/v1') };
      expect(await created(api, known)).toContain('the namespace rook-ceph does not belong to the tenant rook-ceph');
      expect(await created(api, { ...known, metadata: { ...known.metadata, namespace: 'red' } })).toContain(
        'the namespace red does not belong to the tenant rook-ceph',
      );
    }
    const own = await tenantObjects(checkout, demo, 'red', text.replaceAll('rook-ceph', 'red'));
    const accepted = [...own.access, ...own.place].filter(
      ({ kind, metadata }) => metadata.namespace === 'red' || kind === 'ServiceAccount',
    );
    expect(accepted.map(({ metadata }) => metadata.namespace)).toContain('argocd');
    for (const object of accepted) expect(await created(api, object)).toBeUndefined();
    const [applier] = accepted.filter(({ metadata }) => metadata.namespace === 'argocd');
    for (const name of ['argocd-server', 'tenant-blue', 'default']) {
      const other = { ...applier, metadata: { ...applier?.metadata, name } } as KubernetesObject;
      expect(await created(api, other)).toContain('the namespace argocd does not belong to the tenant red');
    }
  });
});
