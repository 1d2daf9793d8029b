import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../components/component.ts';
import { checkObject, scopeOf } from './check.ts';

const application: KubernetesObject = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { name: 'dex', namespace: 'argocd', annotations: { 'argocd.argoproj.io/sync-wave': '5' } },
  spec: {
    project: 'platform',
    destination: { server: 'https://kubernetes.default.svc', namespace: 'auth' },
    sources: [
      { repoURL: 'https://charts.dexidp.io', chart: 'dex', targetRevision: '0.24.0', helm: { releaseName: 'dex' } },
      { repoURL: 'https://git.example.com/platform.git', targetRevision: 'main', ref: 'values' },
    ],
    syncPolicy: {
      automated: { prune: true, selfHeal: true },
      retry: { limit: 3, backoff: { duration: '5s', factor: 2 } },
    },
  },
};

const configMap: KubernetesObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: {} };

function changed(object: KubernetesObject, change: (copy: Record<string, never>) => void): KubernetesObject {
  const copy = structuredClone(object);
  change(copy as unknown as Record<string, never>);
  return copy;
}

describe('checking an object', () => {
  it('passes good ones', () => {
    expect(checkObject(application)).toEqual([]);
    expect(checkObject(configMap)).toEqual([]);
  });

  it.each<[string, Partial<KubernetesObject>, string[]]>([
    [
      'a misspelt field',
      { spec: { project: 'p', destination: {}, source: { repoUrl: 'x' } } as never },
      ['spec.source.repoURL: is missing', 'spec.source.repoUrl: unknown field'],
    ],
    ['a wrong type', { spec: { project: 1, destination: {} } as never }, ['spec.project: must be string']],
    ['a missing spec', { spec: undefined }, ['spec: is missing']],
    ['a field beside the spec', { sepc: {} }, ['sepc: unknown field']],
    ['an operation, which Git must not hold', { operation: { sync: {} } }, ['operation: unknown field']],
    [
      'a version that is not served',
      { apiVersion: 'argoproj.io/v1' },
      ['apiVersion: argoproj.io/v1 is not served for Application; served: v1alpha1'],
    ],
  ])('names %s of a custom resource', (_, part, expected) => {
    expect(checkObject({ ...application, ...part })).toEqual(expected);
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    ['no name', {}, ['metadata.name: is missing']],
    [
      'a name that YAML 1.1 takes for a boolean',
      { name: false },
      ['metadata.name: must be a string: put it in quotes'],
    ],
    ['capitals in a name', { name: 'Settings' }, ['metadata.name: "Settings" is not a valid name of a ConfigMap']],
    ['a name that is too long', { name: 'a'.repeat(254) }, ['metadata.name: is longer than 253 characters']],
    [
      'a namespace with a dot',
      { name: 'a', namespace: 'a.b' },
      ['metadata.namespace: "a.b" is not a valid name of a Namespace'],
    ],
    ['a number as a label', { name: 'a', labels: { x: 1 } }, ['metadata.labels.x: must be a string: put it in quotes']],
    [
      'a label with a space',
      { name: 'a', labels: { x: 'a b' } },
      ['metadata.labels.x: "a b" is not a valid label value'],
    ],
    [
      'a boolean as an annotation',
      { name: 'a', annotations: { x: true } },
      ['metadata.annotations.x: must be a string: put it in quotes'],
    ],
    [
      'an annotation key with two slashes',
      { name: 'a', annotations: { 'a/b/c': '' } },
      ['metadata.annotations.a/b/c: is not a valid key'],
    ],
    [
      'annotations that are too large',
      { name: 'a', annotations: { x: 'x'.repeat(262_144) } },
      ['metadata.annotations: are larger than 256 KiB together'],
    ],
    ['labels that are a list', { name: 'a', labels: ['x'] }, ['metadata.labels: must be a map of strings']],
    [
      'finalizers that are not a list',
      { name: 'a', finalizers: 'x' },
      ['metadata.finalizers: must be a list of names'],
    ],
    ['a misspelt field', { name: 'a', annotation: {} }, ['metadata.annotation: unknown field']],
  ])('names %s in the metadata', (_, metadata, expected) => {
    expect(checkObject({ ...configMap, metadata: metadata as never })).toEqual(expected);
  });

  it("finds the same in Kubernetes' own kinds", () => {
    const deployment = (containers: object) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        // A key without a value is as good as none.
        strategy: null,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { ...containers } },
      },
    });
    const container = { name: 'web', image: 'web:1', resources: { limits: { cpu: 2, memory: '1Gi' } } };
    expect(
      checkObject(deployment({ containers: [{ ...container, ports: [{ containerPort: 80 }], env: null }] })),
    ).toEqual([]);
    expect(checkObject(deployment({ contaners: [container] }))).toEqual([
      'spec.template.spec.containers: is missing',
      'spec.template.spec.contaners: unknown field',
    ]);
    expect(
      checkObject(
        deployment({
          containers: [{ ...container, ports: [{ containerPort: '80' }], env: [{ name: 'A', value: 1 }] }],
        }),
      ),
    ).toEqual([
      'spec.template.spec.containers[0].ports[0].containerPort: must be integer',
      'spec.template.spec.containers[0].env[0].value: must be string',
    ]);
    expect(checkObject({ ...deployment({ containers: [container] }), apiVersion: 'apps/v1beta1' })).toEqual([
      'apiVersion: apps/v1beta1 is not served for Deployment; served: v1',
    ]);
    const probe = { httpGet: { path: '/', port: 'http' } };
    expect(checkObject(deployment({ containers: [{ ...container, livenessProbe: probe }] }))).toEqual([]);
  });

  it('takes the names that RBAC takes', () => {
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'team:View' } };
    expect(checkObject(role)).toEqual([]);
    expect(checkObject({ ...role, metadata: { name: 'a/b' } })).toEqual([
      'metadata.name: "a/b" is not a valid name of a ClusterRole',
    ]);
  });

  it.each<[unknown, string[]]>([
    [null, ['is not a Kubernetes object']],
    [['x'], ['is not a Kubernetes object']],
    [{ kind: 'ConfigMap', metadata: { name: 'a' } }, ['apiVersion: must be a version, for example v1 or apps/v1']],
    [{ apiVersion: 'v1', metadata: { name: 'a' } }, ['kind: must be a kind, for example Deployment']],
    [{ apiVersion: 'v1', kind: 'ConfigMap' }, ['metadata: is missing']],
  ])('refuses %j', (object, expected) => {
    expect(checkObject(object as KubernetesObject)).toEqual(expected);
  });

  it('names all mistakes at once, with their places in lists', () => {
    const object = changed(application, (copy: { spec?: { sources: Record<string, unknown>[] } }) => {
      Object.assign(copy.spec?.sources[0] ?? {}, { helm: { valueFiles: 'x' } });
      Object.assign(copy.spec?.sources[1] ?? {}, { targetRevison: 'x' });
    });
    expect(checkObject(object)).toEqual([
      'spec.sources[0].helm.valueFiles: must be array',
      'spec.sources[1].targetRevison: unknown field',
    ]);
  });

  it('knows where the objects of its kinds live', () => {
    expect(scopeOf('cert-manager.io/v1', 'ClusterIssuer')).toBe('Cluster');
    expect(scopeOf('cert-manager.io/v1', 'Issuer')).toBe('Namespaced');
    expect(scopeOf('v1', 'ConfigMap')).toBe('Namespaced');
    expect(scopeOf('rbac.authorization.k8s.io/v1', 'ClusterRole')).toBe('Cluster');
    expect(scopeOf('example.com/v1', 'Widget')).toBeUndefined();
  });
});
