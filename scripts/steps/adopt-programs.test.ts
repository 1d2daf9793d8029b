import { describe, expect, it } from 'vitest';
import { kindName } from '../cluster/inventory.ts';
import type { LiveObject } from '../cluster/live.ts';
import { loadCluster } from '../config/load.ts';
import { checkout } from '../dev/test/repository.ts';
import { judgeEntryPoints } from './adopt-entry-points.ts';
import type { AdoptRow } from './adopt-objects.ts';
import { judgePrograms } from './adopt-programs.ts';

const demo = loadCluster(checkout, 'demo');

function snapshotOf(objects: readonly object[]) {
  const found = new Map<string, LiveObject[]>();
  for (const object of objects as LiveObject[])
    found.set(kindName(object), [...(found.get(kindName(object)) ?? []), object]);
  return found;
}

function object(apiVersion: string, kind: string, place: string, more: object = {}, metadata: object = {}): object {
  const [name, namespace] = place.split('/').toReversed();
  return {
    apiVersion,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...metadata },
    ...more,
  };
}

function workload(kind: string, place: string, labels: Record<string, string>, image = 'example.com/x:v1.2.3') {
  const template = { metadata: { labels }, spec: { containers: [{ name: 'x', image }] } };
  return object('apps/v1', kind, place, { spec: { template } }, { labels });
}

function rows(cluster: object, ...objects: object[]): AdoptRow[] {
  const snapshot = snapshotOf(objects);
  return judgePrograms({ all: snapshot, snapshot, cluster: { ...demo, ...cluster }, planned: [] });
}

const controller = workload('StatefulSet', 'argocd/argocd-application-controller', {
  'app.kubernetes.io/name': 'argocd-application-controller',
});
const application = (name: string, labels = {}) =>
  object('argoproj.io/v1alpha1', 'Application', `argocd/${name}`, {}, { labels });

describe('an Argo CD that is there', () => {
  const existing = { argocd: { ...demo.argocd, install: false } };

  it('stays, with the Applications of others', () => {
    expect(rows(existing, controller, application('shop'))).toMatchObject([
      {
        fate: 'stays yours',
        what: 'Argo CD 1.2.3 in namespace argocd',
        reason: expect.stringContaining('1 Application'),
      },
    ]);
  });

  it('of an operator takes its settings there', () => {
    const operator = object('argoproj.io/v1beta1', 'ArgoCD', 'argocd/openshift-gitops');
    expect(rows(existing, controller, operator)[0]?.todo).toContain(
      'spec.extraConfig of ArgoCD argocd/openshift-gitops',
    );
  });

  it('outside of the cluster is in the way: what is lost, and what does the work of the waves', () => {
    const definition = object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'applications.argoproj.io');
    const [row] = rows({}, definition, application('shop'));
    expect(row?.fate).toBe('in the way');
    expect(row?.reason).toContain('the waves would not wait for each other');
    expect(row?.todo).toContain("Argo CD of the platform's own");
  });

  it("becomes the platform's where cluster.yaml installs one", () => {
    expect(rows({}, controller)[0]).toMatchObject({
      fate: 'becomes ours',
      todo: expect.stringContaining('breakwater.dev/cluster=demo'),
    });
  });
});

describe('cert-manager that is there', () => {
  const manager = (place: string, version: string) =>
    workload(
      'Deployment',
      place,
      { 'app.kubernetes.io/name': 'cert-manager' },
      `quay.io/jetstack/cert-manager-controller:${version}`,
    );
  const yours = { components: { 'cert-manager': { enabled: false } } };

  it.each([
    ['cert-manager/cert-manager', 'v1.20.0', 'stays yours'],
    ['cert-manager/cert-manager', 'v1.12.2', 'in the way'],
    ['certs/cert-manager', 'v1.20.0', 'in the way'],
  ])('%s %s: %s', (place, version, fate) => {
    expect(rows(yours, manager(place, version)).map((row) => row.fate)).toEqual([fate]);
  });
});

describe('a mesh that is there', () => {
  const istiod = (place: string, version: string, labels = {}) =>
    workload('Deployment', place, { app: 'istiod', ...labels }, `docker.io/istio/pilot:${version}`);

  it.each<[string, object, string, string]>([
    ['in place', istiod('istio-system/istiod', '1.30.2'), 'becomes ours', 'upgraded in place'],
    ['of a release long ago', istiod('istio-system/istiod', '1.22.1'), 'becomes ours', 'upgraded in place'],
    ['of a newer release', istiod('istio-system/istiod', '1.99.0'), 'in the way', 'Istio does not go back'],
    [
      'with a revision',
      istiod('istio-system/istiod-1-30', '1.30.2', { 'istio.io/rev': '1-30' }),
      'in the way',
      'without a revision',
    ],
    [
      'elsewhere',
      istiod('aks-istio-system/istiod-asm-1-28', '1.28.0', { 'istio.io/rev': 'asm-1-28' }),
      'in the way',
      'istio-system',
    ],
    [
      'that is managed',
      object(
        'admissionregistration.k8s.io/v1',
        'MutatingWebhookConfiguration',
        'istiod-asm-managed',
        {},
        { labels: { app: 'sidecar-injector' } },
      ),
      'in the way',
      'a managed one',
    ],
  ])('%s', (_name, there, fate, reason) => {
    expect(rows({}, there)).toMatchObject([{ fate, reason: expect.stringContaining(reason) }]);
  });
});

describe('a Kubeflow that is there', () => {
  const dashboard = workload('Deployment', 'kubeflow/centraldashboard', {});
  const profile = (owner: string) =>
    object('kubeflow.org/v1', 'Profile', 'team-a', { spec: { owner: { kind: 'User', name: owner } } });

  it('keeps profiles and notebooks, but for an owner in capitals, whom the gateway would not know', () => {
    const notebook = object('kubeflow.org/v1', 'Notebook', 'team-a/one');
    expect(rows({}, dashboard, profile('ann@acme.org'), notebook)).toMatchObject([
      { fate: 'stays yours', what: 'Profile team-a', reason: expect.stringContaining('1 notebook') },
    ]);
    expect(rows({}, dashboard, profile('Ann@acme.org'))[0]).toMatchObject({
      fate: 'in the way',
      todo: expect.stringContaining('"name":"ann@acme.org"'),
    });
  });

  it('of an older release: the artifacts in MinIO, and the training operator', () => {
    const claim = object('v1', 'PersistentVolumeClaim', 'kubeflow/minio-pvc');
    const operator = workload('Deployment', 'kubeflow/training-operator', {});
    expect(rows({}, dashboard, claim, operator).map(({ fate, what }) => `${fate}: ${what}`)).toEqual([
      'in the way: PersistentVolumeClaim kubeflow/minio-pvc',
      'stays yours: Deployment kubeflow/training-operator',
    ]);
  });

  it('of deployKF: its Applications first, and its data', () => {
    const found = rows(
      { argocd: { ...demo.argocd, install: false } },
      controller,
      workload('Deployment', 'deploykf-dashboard/central-dashboard', {}),
      application('deploykf-app-of-apps'),
      application('dkf-core--deploykf-auth', { 'app.kubernetes.io/part-of': 'deploykf' }),
      object('v1', 'Namespace', 'deploykf-mysql'),
    ).filter(({ fate }) => fate === 'in the way');
    expect(found.map(({ what }) => what)).toEqual([
      'deployKF (2 Applications in namespace argocd)',
      'data in namespace deploykf-mysql',
    ]);
  });
});

describe('entry points', () => {
  const gateway = object('networking.istio.io/v1', 'Gateway', 'kubeflow/kubeflow-gateway', {
    spec: { selector: { istio: 'ingressgateway' } },
  });
  const route = object('networking.istio.io/v1', 'VirtualService', 'kubeflow/dashboard', {
    spec: { gateways: ['kubeflow-gateway'] },
  });
  const pods = workload('Deployment', 'istio-system/istio-ingressgateway', { istio: 'ingressgateway' });
  const service = (place: string, type: string, selector: object) =>
    object('v1', 'Service', place, { spec: { type, selector } });
  const balancer = service('istio-system/istio-ingressgateway', 'LoadBalancer', { istio: 'ingressgateway' });
  const check = (spec: object, kind = 'AuthorizationPolicy') =>
    object(
      kind === 'EnvoyFilter' ? 'networking.istio.io/v1alpha3' : 'security.istio.io/v1',
      kind,
      'istio-system/login',
      { spec },
    );
  const open = (...objects: object[]) =>
    judgeEntryPoints(snapshotOf(objects), new Set(['kubeflow']), () => false).filter(
      ({ fate }) => fate === 'open today',
    );

  it('a gateway that asks no one is open, with what it serves and how to close it', () => {
    expect(open(gateway, route, pods, balancer)).toMatchObject([
      {
        reason: expect.stringContaining('VirtualService kubeflow/dashboard'),
        todo: expect.stringContaining('--replicas=0'),
      },
    ]);
  });

  it.each<[string, object]>([
    ["upstream's OAuth2 Proxy", check({ action: 'CUSTOM', provider: { name: 'oauth2-proxy' } })],
    ["deployKF's filter", check({ configPatches: [{ match: 'envoy.filters.http.ext_authz' }] }, 'EnvoyFilter')],
    ['a token', check({ action: 'DENY', rules: [{ from: [{ source: { notRequestPrincipals: ['*'] } }] }] })],
  ])('a gateway with %s is not', (_name, policy) => {
    expect(open(gateway, route, pods, balancer, policy)).toEqual([]);
  });

  it('a policy for other pods does not count, and no address means no entry point', () => {
    const other = check({ action: 'CUSTOM', selector: { matchLabels: { istio: 'eastwest' } } });
    expect(open(gateway, route, pods, balancer, other)).toHaveLength(1);
    expect(open(gateway, route, pods)).toEqual([]);
  });

  it('a Service of Kubeflow that nodes or a load balancer serve is open', () => {
    expect(open(service('kubeflow/ml-pipeline-ui', 'NodePort', { app: 'ml-pipeline-ui' }))).toMatchObject([
      { todo: expect.stringContaining('patch service ml-pipeline-ui') },
    ]);
  });

  const httpRoute = (place: string, spec: object) =>
    object('gateway.networking.k8s.io/v1', 'HTTPRoute', place, { spec });
  const parentRefs = [{ name: 'edge', namespace: 'edge' }];

  it.each<[string, object, string]>([
    ['a route of the Gateway API', httpRoute('kubeflow/dashboard', { parentRefs }), 'httproutes.gateway'],
    [
      'a route from another namespace',
      httpRoute('edge/ui', {
        parentRefs,
        rules: [{ backendRefs: [{ name: 'ml-pipeline-ui', namespace: 'kubeflow' }] }],
      }),
      '-n edge delete httproutes.gateway',
    ],
    ['an Ingress', object('networking.k8s.io/v1', 'Ingress', 'kubeflow/ui'), 'delete ingress ui'],
    ["OpenShift's", object('route.openshift.io/v1', 'Route', 'kubeflow/ui'), 'delete routes.route.openshift.io ui'],
    [
      "Traefik's, from another namespace",
      object('traefik.io/v1alpha1', 'IngressRoute', 'edge/ui', {
        spec: { routes: [{ services: [{ name: 'centraldashboard', namespace: 'kubeflow' }] }] },
      }),
      '-n edge delete ingressroutes.traefik.io ui',
    ],
  ])('%s leads past the gateway', (_name, other, todo) => {
    expect(open(other)).toMatchObject([{ todo: expect.stringContaining(todo) }]);
  });

  it('routes of other programs, of the mesh itself, and at a Gateway with a login do not count', () => {
    const target = { targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'edge' }] };
    const policy = object('security.istio.io/v1', 'AuthorizationPolicy', 'edge/login', {
      spec: { action: 'CUSTOM', provider: { name: 'x' }, ...target },
    });
    expect(open(httpRoute('shop/web', { parentRefs, rules: [{ backendRefs: [{ name: 'web' }] }] }))).toEqual([]);
    expect(open(httpRoute('kubeflow/split', { parentRefs: [{ kind: 'Service', name: 'web' }] }))).toEqual([]);
    expect(open(httpRoute('kubeflow/ui', { parentRefs }), policy)).toEqual([]);
    expect(open(gateway, route, pods, balancer, check({ action: 'CUSTOM', ...target }))).toHaveLength(1);
  });
});
