import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../components/component.ts';
import { manifests, values } from '../../dev/testing/good-files.ts';
import { account, type Change, deployment, findings, goodTree, pods } from '../../dev/testing/good-tree.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import { rules } from './index.ts';
import type { ParsedTree } from './parsed-tree.ts';

function given(chart: string, ...objects: readonly KubernetesObject[]): Change {
  return { chart, objects };
}

/** A Deployment whose pods are of this kind. */
function running(spec: Record<string, unknown>): KubernetesObject {
  return deployment('web', pods({ app: 'web' }, spec));
}

function container(more: Record<string, unknown>): Record<string, unknown> {
  return { containers: [{ name: 'web', ...more }] };
}

function named(apiVersion: string, kind: string, spec: unknown, more: Record<string, unknown> = {}): KubernetesObject {
  return { apiVersion, kind, metadata: { name: 'web' }, spec, ...more };
}

function binding(subject: Record<string, string>): KubernetesObject {
  return named('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', undefined, {
    subjects: [{ kind: 'ServiceAccount', ...subject }],
  });
}

function claim(options?: string): KubernetesObject {
  const annotations = options === undefined ? {} : { 'argocd.argoproj.io/sync-options': options };
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data', annotations } };
}

function networkPolicy(part: string): KubernetesObject {
  const from = [{ namespaceSelector: { matchLabels: { 'app.kubernetes.io/part-of': part } } }];
  return named('networking.k8s.io/v1', 'NetworkPolicy', { podSelector: {}, ingress: [{ from }] });
}

function known({ facts }: ParsedTree): ClusterFacts {
  if (facts === undefined) throw new Error('the good tree knows its cluster');
  return facts;
}

const autoscaler = named('autoscaling/v2', 'HorizontalPodAutoscaler', {});
const secretVolume = { volumes: [{ name: 'ca', secret: { secretName: 'oauth2-proxy-ca' } }] };
const route = `${manifests}/oauth2-proxy/route.yaml`;
const policy = `${manifests}/oauth2-proxy/policy.yaml`;

const broken: [rule: string, what: string, change: Change, message: string][] = [
  [
    'needs-are-made',
    'a volume of a Secret',
    given('dex', running(secretVolume)),
    'needs Secret oauth2-proxy-ca, which nothing creates in auth',
  ],
  [
    'needs-are-made',
    'a projected Secret',
    given('dex', running({ volumes: [{ projected: { sources: [{ secret: { name: 'x' } }] } }] })),
    'needs Secret x',
  ],
  [
    'needs-are-made',
    'a variable',
    given('dex', running(container({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'x', key: 'a' } } }] }))),
    'needs Secret x',
  ],
  [
    'needs-are-made',
    'variables of a ConfigMap',
    given('dex', running(container({ envFrom: [{ configMapRef: { name: 'x' } }] }))),
    'needs ConfigMap x',
  ],
  [
    'needs-are-made',
    'a login at a registry',
    given('dex', running({ imagePullSecrets: [{ name: 'x' }] })),
    'needs Secret x',
  ],
  ['needs-are-made', 'an account', given('dex', running({ serviceAccountName: 'web' })), 'needs ServiceAccount web'],
  [
    'selectors-meet-pods',
    'a Service',
    given('dex', named('v1', 'Service', { selector: { app: 'other' } })),
    'matches no pod: app=other',
  ],
  [
    'selectors-meet-pods',
    'a policy',
    given('dex', named('security.istio.io/v1', 'AuthorizationPolicy', { selector: { matchLabels: { app: 'other' } } })),
    'matches no pod',
  ],
  [
    'selectors-meet-pods',
    'a filter',
    given(
      'dex',
      named('networking.istio.io/v1alpha3', 'EnvoyFilter', { workloadSelector: { labels: { app: 'other' } } }),
    ),
    'matches no pod',
  ],
  [
    'selectors-meet-pods',
    'a Gateway',
    given('dex', named('networking.istio.io/v1', 'Gateway', { selector: { istio: 'edge' } })),
    'matches no pod: istio=edge',
  ],
  [
    'principals-exist',
    "another account of the gateway's",
    { file: policy, from: 'istio-ingressgateway', to: 'edge' },
    'admits cluster.local/ns/ingress/sa/edge, but there is no such account',
  ],
  [
    'routes-meet-services',
    'another Service',
    { file: route, from: 'host: oauth2-proxy.', to: 'host: sso.' },
    'routes to Service auth/sso, which does not exist',
  ],
  [
    'routes-meet-services',
    'another port',
    { file: route, from: 'local}', to: 'local, port: {number: 8080}}' },
    'routes to port 8080 of Service auth/oauth2-proxy',
  ],
  [
    'subjects-exist',
    'an account of a namespace that a name of its own leaves',
    given('argocd', binding({ name: 'argocd-server', namespace: 'elsewhere' })),
    'grants rights to account elsewhere/argocd-server, which does not exist',
  ],
  ['autoscalers-have-metrics', 'an autoscaler', given('dex', autoscaler), 'needs a metrics server'],
  [
    'parts-meet-namespaces',
    'a label that no namespace has',
    given('dex', networkPolicy('kubeflow-profile')),
    'no namespace has the label app.kubernetes.io/part-of: kubeflow-profile',
  ],
  ['claims-are-kept', 'a claim that a prune removes', given('dex', claim()), 'needs the annotation'],
  [
    'claims-are-kept',
    'a claim that goes with its Application',
    given('dex', claim('Prune=false')),
    'needs the annotation',
  ],
];

describe('what one object names', () => {
  it.each(broken)('%s finds %s', (rule, _, change, message) => {
    expect(findings(rule, change).map((finding) => finding.message)).toEqual([expect.stringContaining(message)]);
  });

  const certificate = `# Generated by Breakwater
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: x, namespace: auth}
spec: {secretName: oauth2-proxy-ca}
`;
  it.each<[string, string, ...Change[]]>([
    [
      'needs-are-made',
      'a Secret of the bootstrap',
      given('dex', running({ volumes: [{ secret: { secretName: 'oauth2-proxy' } }] })),
    ],
    [
      'needs-are-made',
      "a Certificate's Secret",
      given('dex', running(secretVolume)),
      { file: `${manifests}/oauth2-proxy/ca.yaml`, text: certificate },
    ],
    [
      'needs-are-made',
      'an optional one',
      given('dex', running({ volumes: [{ secret: { secretName: 'x', optional: true } }] })),
    ],
    [
      'needs-are-made',
      'one that an override names',
      given('dex', running(secretVolume)),
      {
        file: 'clusters/demo/overrides/dex.yaml',
        text: 'volumes: [{name: ca, secret: {secretName: oauth2-proxy-ca}}]\n',
      },
    ],
    [
      'needs-are-made',
      "Kubernetes' and Istio's own",
      given(
        'dex',
        running({ volumes: [{ configMap: { name: 'istio-ca-root-cert' } }], serviceAccountName: 'default' }),
      ),
    ],
    ['subjects-exist', "Kubernetes' own", given('dex', binding({ name: 'x', namespace: 'kube-system' }))],
    ['subjects-exist', 'one that is there', given('dex', binding({ name: 'web', namespace: 'auth' }), account('web'))],
    ['claims-are-kept', 'a claim that is kept', given('dex', claim('Prune=false,Delete=false'))],
    [
      'parts-meet-namespaces',
      'a label that a controller sets',
      given('dex', networkPolicy('kubeflow-profile'), {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'namespace-labels-data' },
        data: { 'namespace-labels.yaml': 'app.kubernetes.io/part-of: "kubeflow-profile"\n' },
      }),
    ],
    [
      'autoscalers-have-metrics',
      'an autoscaler beside a metrics server',
      given('dex', autoscaler, {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: 'v1beta1.metrics.k8s.io' },
      }),
    ],
  ])('%s takes %s', (rule, _, ...changes) => {
    expect(findings(rule, ...changes)).toEqual([]);
  });

  it('is not looked for while a chart is not rendered', () => {
    const tree = goodTree(given('dex', running(secretVolume)), { file: `${values}/dex.yaml`, text: undefined });
    const rendered = new Map([...(tree.rendered ?? [])].filter(([name]) => name !== 'gateway'));
    const found = rules.find(({ name }) => name === 'needs-are-made')?.check({ ...tree, rendered });
    expect(found).toEqual([]);
  });

  it('an autoscaler is taken where cluster.yaml says that there is a metrics server', () => {
    const tree = goodTree(given('dex', autoscaler));
    const facts = { ...known(tree), metricsServer: true };
    expect(rules.find(({ name }) => name === 'autoscalers-have-metrics')?.check({ ...tree, facts })).toEqual([]);
  });
});
