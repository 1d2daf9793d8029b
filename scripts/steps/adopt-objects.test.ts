import { describe, expect, it } from 'vitest';
import { kindName } from '../cluster/inventory.ts';
import type { LiveObject } from '../cluster/live.ts';
import type { KubernetesObject } from '../components/component.ts';
import { obstaclesOf } from './adopt-immutable.ts';
import { type AdoptRow, judgeObjects } from './adopt-objects.ts';

const metadata = { name: 'x', namespace: 'auth' };
const workload = (kind: string, labels: Record<string, string>, image = 'dex:1'): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata,
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'dex', image }] } },
  },
});
const claim = (storage: string, storageClassName?: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata,
  spec: { resources: { requests: { storage } }, ...(storageClassName === undefined ? {} : { storageClassName }) },
});
const definition = (stored: string[], versions: string[]): KubernetesObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    versions: versions.map((name) => ({ name, storage: name === 'v1' })),
  },
  status: { storedVersions: stored },
});
const service = (clusterIP?: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata,
  spec: clusterIP === undefined ? {} : { clusterIP },
});
const binding = (name: string): KubernetesObject => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata,
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
});

describe('fields that never change', () => {
  it.each<[string, KubernetesObject, KubernetesObject, string]>([
    [
      'the selector of a Deployment',
      workload('Deployment', { 'app.kubernetes.io/name': 'dex' }),
      workload('Deployment', { app: 'dex' }),
      'kubectl -n auth delete deployment x --cascade=orphan',
    ],
    ['a volume that is larger', claim('20Gi'), claim('50Gi'), 'overrides/<part>/kustomization.yaml'],
    ['the class of a volume', claim('20Gi', 'fast'), claim('20Gi', 'slow'), 'Set kubernetes.storageClass to slow'],
    [
      'a stored version that ours lacks',
      definition([], ['v1']),
      definition(['v1beta1', 'v1'], ['v1beta1', 'v1']),
      `kubectl patch crd things.example.com --subresource=status --type=merge -p '{"status":{"storedVersions":["v1"]}}'`,
    ],
    [
      'a stored version, and the program does not know the new one',
      definition([], ['v1']),
      definition(['v1alpha1'], ['v1alpha1']),
      'Upgrade that program',
    ],
    ['a headless Service', service(), service('None'), 'kubectl -n auth delete service x'],
    ['the role of a binding', binding('a'), binding('b'), 'kubectl -n auth delete rolebinding x'],
  ])('%s', (_name, wanted, live, todo) => {
    expect(obstaclesOf(wanted, live as LiveObject)).toEqual([
      expect.objectContaining({ todo: expect.stringContaining(todo) }),
    ]);
  });

  it('are nothing in the way where they agree, whatever the server and others add', () => {
    const live = { ...workload('Deployment', { app: 'dex' }, 'dex:2'), status: {} };
    expect(obstaclesOf(workload('Deployment', { app: 'dex' }), live)).toEqual([]);
    expect(obstaclesOf(claim('20Gi'), claim('20480Mi', 'standard') as LiveObject)).toEqual([]);
    expect(obstaclesOf(service(), service('10.0.0.1') as LiveObject)).toEqual([]);
  });
});

describe('objects that are there already', () => {
  const wanted = workload('Deployment', { app: 'dex' });
  const rows = (more: Partial<LiveObject['metadata']>, ours = false): AdoptRow[] => {
    const live = { ...wanted, metadata: { ...metadata, uid: '1', ...more } } as LiveObject;
    return judgeObjects({
      cluster: 'prod',
      planned: [{ application: 'dex', object: wanted }],
      snapshot: new Map([[kindName(live), [live]]]),
      isOurs: () => ours,
    });
  };

  it("of Helm become the platform's by a label, and Helm's record goes", () => {
    const release = { 'meta.helm.sh/release-name': 'dex', 'meta.helm.sh/release-namespace': 'auth' };
    const [row, ...more] = rows({ annotations: release });
    expect(more).toEqual([]);
    expect(row).toMatchObject({ fate: 'becomes ours', what: 'dex' });
    expect(row?.todo).toContain('kubectl -n auth label deployment x breakwater.dev/cluster=prod');
    expect(row?.todo).toContain('kubectl -n auth delete secret -l owner=helm,name=dex');
  });

  it('of kubectl need nothing, and same pods stay', () => {
    const [row] = rows({ managedFields: [{ manager: 'kubectl' }] });
    expect(row).toMatchObject({ fate: 'becomes ours' });
    expect(row).not.toHaveProperty('todo');
    expect(row?.reason).not.toContain('new pods');
  });

  it('of another Application, or of an operator, would be changed back', () => {
    const tracked = {
      annotations: { 'argocd.argoproj.io/tracking-id': 'dkf-core--deploykf-auth:apps/Deployment:auth/x' },
    };
    expect(rows(tracked)[0]).toMatchObject({
      fate: 'in the way',
      what: expect.stringContaining('dkf-core--deploykf-auth'),
      todo: 'kubectl -n auth annotate deployment.apps/x argocd.argoproj.io/tracking-id-',
    });
    const parent = { ownerReferences: [{ apiVersion: 'sailoperator.io/v1', kind: 'Istio', name: 'default' }] };
    expect(rows(parent)[0]).toMatchObject({ fate: 'in the way', what: 'Istio default' });
  });

  it("that are the platform's get no line", () => {
    expect(rows({ annotations: { 'argocd.argoproj.io/tracking-id': 'dex:apps/Deployment:auth/x' } }, true)).toEqual([]);
  });
});
