import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../components/component.ts';
import { apps } from '../../dev/testing/good-files.ts';
import { type Change, findings } from '../../dev/testing/good-tree.ts';

const rbac = 'rbac.authorization.k8s.io/v1';
const role = (rule: object): KubernetesObject => ({
  apiVersion: rbac,
  kind: 'ClusterRole',
  metadata: { name: 'tool' },
  rules: [rule],
});
const binding = (kind: string, name: string): KubernetesObject => ({
  apiVersion: rbac,
  kind,
  metadata: { name: 'tool' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
});

/** An app whose chart renders this, in a project of its own. */
function app(objects: readonly KubernetesObject[], project = 'app-tool', annotations = '{}'): Change[] {
  return [
    {
      file: `${apps}/05-tool.yaml`,
      text: `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: tool, namespace: argocd, annotations: {argocd.argoproj.io/sync-wave: "5"}}
spec:
  project: ${project}
  sources: [{repoURL: https://charts.example.com, chart: tool, targetRevision: 1.0.0}]
  destination: {server: https://kubernetes.default.svc, namespace: tool}
`,
    },
    {
      file: `${apps}/00-project-tool.yaml`,
      text: `apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: app-tool, namespace: argocd, annotations: ${annotations}}
spec: {destinations: []}
`,
    },
    {
      file: `${apps}/kustomization.yaml`,
      from: 'resources:\n',
      to: 'resources:\n  - 05-tool.yaml\n  - 00-project-tool.yaml\n',
    },
    { chart: 'tool', objects },
  ];
}

const rule = 'apps-are-no-administrators';

describe('the rules of what apps give themselves', () => {
  it.each<[string, KubernetesObject, string]>([
    ['cluster-admin for the cluster', binding('ClusterRoleBinding', 'cluster-admin'), 'binds to cluster-admin'],
    ['cluster-admin in a namespace', binding('RoleBinding', 'cluster-admin'), 'binds to cluster-admin'],
    ['every right', role({ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }), 'can write every kind'],
    [
      'the right to write all',
      role({ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'patch'] }),
      'can write every kind',
    ],
    [
      'more rights than its own',
      role({ apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], verbs: ['escalate'] }),
      'can escalate',
    ],
    [
      'the rights of others',
      role({ apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] }),
      'can impersonate',
    ],
    [
      'the roles of others',
      role({ apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], verbs: ['bind'] }),
      'can bind',
    ],
  ])('find %s, unless app.yaml says so', (_, object, message) => {
    expect(findings(rule, ...app([object]))).toMatchObject([{ message: expect.stringContaining(message) }]);
    const agreed = '{breakwater.dev/administrator: "true"}';
    expect(findings(rule, ...app([object], 'app-tool', agreed))).toEqual([]);
    // A part of the platform is in the platform's project.
    expect(findings(rule, ...app([object], 'platform'))).toEqual([]);
  });

  it('find nothing in what charts usually ask for', () => {
    const reads = role({ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] });
    const writes = role({ apiGroups: ['tool.example.com'], resources: ['*'], verbs: ['*'] });
    expect(findings(rule, ...app([reads, writes, binding('RoleBinding', 'edit')]))).toEqual([]);
  });
});
