import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyObjects } from '../../../cluster/apply.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { guardOfTenants } from '../../../components/tenant-guard.ts';
import { loadCluster } from '../../../config/load.ts';
import { kubeflowParts } from '../../../config/schema/component-facts.ts';
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
const cluster = { ...demo, kubeflow: { ...demo.kubeflow, components: [...kubeflowParts] } };

const ann = 'ann@example.com';
const account = (name: string) => `system:serviceaccount:${name}`;
const controller = account('argocd:argocd-application-controller');
/** Where users hold rights, and where they hold none of the platform's business. */
const guarded = ['red', 'profile'];
const elsewhere = 'elsewhere';

/** Built-in kinds need a spec that the server takes. */
const specs: Readonly<Record<string, Record<string, unknown>>> = {
  Ingress: { spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } } },
  NetworkPolicy: { spec: { podSelector: {} } },
  ResourceQuota: { spec: { hard: { pods: '1' } } },
  LimitRange: { spec: { limits: [] } },
  EndpointSlice: { addressType: 'IPv4', endpoints: [] },
  RoleBinding: { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' } },
};
const builtIn: Readonly<Record<string, string>> = {
  '': 'v1',
  'networking.k8s.io': 'networking.k8s.io/v1',
  'discovery.k8s.io': 'discovery.k8s.io/v1',
  'rbac.authorization.k8s.io': 'rbac.authorization.k8s.io/v1',
};

/** One object of each entry of denied.yaml; any kind of a group that is denied whole. */
const denied = cluster.shared.denied
  .map(({ group, kind, resource = 'anythings' }) => ({ group, kind: kind === '*' ? 'Anything' : kind, resource }))
  .flatMap((entry) =>
    entry.group === 'rbac.authorization.k8s.io' ? ['Role', 'RoleBinding'].map((kind) => ({ ...entry, kind })) : [entry],
  );
const definitions = denied
  .filter(({ group }) => !(group in builtIn))
  .map(({ group, kind, resource }) => anyDefinition(group, kind, resource));

function objectOf({ group, kind }: { group: string; kind: string }, namespace: string): KubernetesObject {
  const apiVersion = builtIn[group] ?? `${group}/v1`;
  return { apiVersion, kind, metadata: { name: 'one', namespace }, ...specs[kind] };
}

function service(namespace: string, spec: object): KubernetesObject {
  const ports = [{ name: 'http', port: 80 }];
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace }, spec: { ports, ...spec } };
}

let server: GuardedServer;

beforeAll(async () => {
  const tenant = (services?: string) => ({
    labels: { 'breakwater.dev/tenant': 'red' },
    ...(services === undefined ? {} : { annotations: { 'breakwater.dev/services': services } }),
  });
  server = await startGuardedServer(
    guardOfTenants(cluster),
    {
      red: tenant(),
      'red--open': tenant('LoadBalancer'),
      'red--both': tenant('LoadBalancer,NodePort'),
      profile: { labels: { 'app.kubernetes.io/part-of': 'kubeflow-profile' } },
      [elsewhere]: {},
    },
    [...definitions, anyDefinition('kubeflow.org', 'PVCViewer', 'pvcviewers')],
    service('red', { type: 'NodePort' }),
  );
});
afterAll(() => server?.stop());

describe('a PVCViewer', () => {
  const viewer = (spec: object, name = 'one') => ({
    apiVersion: 'kubeflow.org/v1',
    kind: 'PVCViewer',
    metadata: { name, namespace: 'red' },
    spec,
  });

  it.each(['/oauth2', '/dex', '/pvcviewers/..', '/pvcviewer', '/', ''])(
    'has no path of its own: %s',
    async (basePrefix) => {
      const api = await server.user(ann);
      expect(await created(api, viewer({ networking: { basePrefix } }))).toContain('must start with /pvcviewers');
    },
  );

  it("has Kubeflow's path, or none", async () => {
    const api = await server.user(ann);
    expect(await created(api, viewer({ networking: { basePrefix: '/pvcviewers' } }))).toBeUndefined();
    expect(await created(api, viewer({}, 'two'))).toBeUndefined();
  });
});

describe("the platform's kinds in namespaces of users", () => {
  it.each(denied)('are refused to users, and taken from the platform: $group $kind', async (entry) => {
    const api = await server.user(ann);
    for (const namespace of guarded) {
      const object = objectOf(entry, namespace);
      expect(await created(api, object)).toContain('Only the platform may write this kind');
      for (const platform of [controller, account('kube-system:endpointslice-controller'), 'admin'])
        expect(await created(await server.user(platform), object)).toBeUndefined();
    }
    expect(await created(api, objectOf(entry, elsewhere))).toBeUndefined();
  });

  it('are not cluster-scoped kinds of the same groups', async () => {
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'x' },
      rules: [],
    };
    expect(await created(await server.user(ann), role)).toBeUndefined();
  });

  it('can be neither changed nor deleted by users', async () => {
    const policy = objectOf({ group: 'networking.k8s.io', kind: 'NetworkPolicy' }, 'red');
    await applyObjects(await server.user('admin'), [policy]);
    const open = { ...policy, spec: { podSelector: {}, ingress: [{}] } };
    expect(await replaced(await server.user(ann), open)).toContain('Only the platform may write this kind');
    expect(await deleted(await server.user(ann), policy)).toContain('Only the platform may write this kind');
    expect(await deleted(await server.user('admin'), policy)).toBeUndefined();
  });

  it.each([
    ['kubeflow:notebook-controller-service-account', ['networking.istio.io']],
    ['kubeflow:tensorboard-controller-controller-manager', ['networking.istio.io']],
    ['kubeflow:pvcviewer-controller-manager', ['networking.istio.io']],
    ['kubeflow:profiles-controller-service-account', ['rbac.authorization.k8s.io', 'security.istio.io']],
    ['cert-manager:cert-manager', ['cert-manager.io', 'acme.cert-manager.io']],
    [
      'knative-serving:controller',
      [
        'networking.istio.io',
        'networking.internal.knative.dev',
        'autoscaling.internal.knative.dev',
        'caching.internal.knative.dev',
        'discovery.k8s.io',
      ],
    ],
    ['kubeflow:centraldashboard', []],
    ['red:default-editor', []],
    ['argocd:tenant-red', []],
  ])('are taken from %s just in the groups that it writes', async (name, groups) => {
    const api = await server.user(account(name));
    const whole = denied.filter(({ group }) => !['', 'networking.k8s.io'].includes(group));
    const taken = [];
    for (const entry of whole) if ((await created(api, objectOf(entry, 'red'))) === undefined) taken.push(entry.group);
    expect([...new Set(taken)].sort()).toEqual([...groups].sort());
  });
});

describe('Services in namespaces of users', () => {
  it('may be of the plain kind', async () => {
    const api = await server.user(ann);
    for (const namespace of guarded)
      for (const spec of [{}, { type: 'ClusterIP' }, { clusterIP: 'None' }])
        expect(await created(api, service(namespace, spec))).toBeUndefined();
  });

  it.each([
    [
      'an alias',
      { type: 'ExternalName', externalName: 'argocd-server.argocd.svc.cluster.local' },
      'must not be of type ExternalName',
    ],
    ['addresses of its own', { externalIPs: ['203.0.113.7'] }, 'must not set externalIPs'],
    ['a load balancer', { type: 'LoadBalancer' }, 'Publish a tenant with routes'],
    ['a port of the nodes', { type: 'NodePort' }, 'Publish a tenant with routes'],
  ])('may not have %s', async (_, spec, message) => {
    for (const user of [ann, account('argocd:tenant-red'), account('kubeflow:profiles-controller-service-account')])
      for (const namespace of guarded)
        expect(await created(await server.user(user), service(namespace, spec))).toContain(message);
    expect(await created(await server.user(ann), service(elsewhere, spec))).toBeUndefined();
  });

  it('may have the types that tenant.yaml names, and no alias or address with it', async () => {
    const api = await server.user(ann);
    const refusals = async (namespace: string) => {
      const types = await Promise.all(
        ['LoadBalancer', 'NodePort'].map((type) => created(api, service(namespace, { type }))),
      );
      return types.map((refusal) => refusal !== undefined);
    };
    expect(await refusals('red--open')).toEqual([false, true]);
    expect(await refusals('red--both')).toEqual([false, false]);
    const alias = service('red--both', { type: 'ExternalName', externalName: 'example.com' });
    expect(await created(api, alias)).toContain('must not be of type ExternalName');
    const addresses = service('red--both', { type: 'LoadBalancer', externalIPs: ['203.0.113.7'] });
    expect(await created(api, addresses)).toContain('must not set externalIPs');
  });

  it('may not become what they may not be, and those from before may be labelled only', async () => {
    const [admin, api] = [await server.user('admin'), await server.user(ann)];
    const plain = service('red', {});
    const old = { ...service('red', { type: 'NodePort' }), metadata: { name: 'old', namespace: 'red' } };
    await applyObjects(admin, [plain, old]);
    const alias = service('red', { type: 'ExternalName', externalName: 'example.com' });
    expect(await replaced(api, alias)).toContain('must not be of type ExternalName');
    const live = (await admin.find(old)) as unknown as KubernetesObject;
    const labelled = { ...live, metadata: { ...live.metadata, labels: { team: 'red' } } };
    expect(await replaced(api, labelled)).toBeUndefined();
    const moved = { ...labelled, spec: { ...(live.spec as object), selector: { app: 'other' } } };
    expect(await replaced(api, moved)).toContain('Publish a tenant with routes');
  });

  it("may be aliases where a controller of model servers makes them, by which it calls the platform's gateway", async () => {
    const alias = service('profile', { type: 'ExternalName', externalName: 'gateway.example.com' });
    for (const name of ['kubeflow:kserve-controller-manager', 'knative-serving:controller'])
      expect(await created(await server.user(account(name)), alias)).toBeUndefined();
    expect(await created(await server.user(account('kubeflow:notebook-controller-service-account')), alias)).toContain(
      'must not be of type ExternalName',
    );
  });
});
