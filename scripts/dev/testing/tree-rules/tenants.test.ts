import { describe, expect, it } from 'vitest';
import { manifests } from '../good-files.ts';
import { findings } from '../good-tree.ts';

const file = `${manifests}/issuer/tenants.yaml`;

const set = `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata:
  name: tenants-place
  namespace: argocd
  annotations: {argocd.argoproj.io/ignore-healthcheck: "true"}
spec:
  goTemplate: true
  goTemplateOptions: [missingkey=error]
  syncPolicy: {preserveResourcesOnDeletion: true}
  generators:
    - git: {repoURL: https://git.example.com/acme/platform.git, revision: main, directories: [{path: tenants/*}]}
  template:
    metadata:
      name: "tenant-{{ .path.basename }}"
      labels: {team: "{{ index .path.segments 1 }}"}
    spec:
      project: tenants
      source: {helm: {valuesObject: {part: place}}}
`;

const project = `apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: tenants, namespace: argocd}
spec:
  destinations:
    - {server: https://kubernetes.default.svc, namespace: "*"}
    - {server: https://kubernetes.default.svc, namespace: "!cert-manager"}
    - {server: https://kubernetes.default.svc, namespace: "!istio-system"}
    - {server: https://kubernetes.default.svc, namespace: "!ingress"}
    - {server: https://kubernetes.default.svc, namespace: "!auth"}
  namespaceResourceWhitelist:
    - {group: "", kind: ResourceQuota}
`;

function check(rule: string, text: string): string[] {
  return findings(rule, { file, text }).map(({ message }) => message);
}

const broken: [rule: string, what: string, text: string, message: string][] = [
  [
    'sets-look-for-folders',
    'a generator over files',
    set.replace('directories: [{path: tenants/*}]', 'files: [{path: tenants/*/tenant.yaml}]'),
    'must be git generators over directories',
  ],
  [
    'sets-look-for-folders',
    'a value of the file in the Application',
    set.replace('project: tenants', 'project: "{{ .project }}"'),
    '{{ .project }} is not a part of the folder',
  ],
  ['sets-look-for-folders', 'a lax template', set.replace('[missingkey=error]', '[]'), 'missingkey=error'],
  [
    'sets-look-for-folders',
    'a patch that is text',
    `${set}  templatePatch: "x: {{ .path.basename }}"\n`,
    'put together as text',
  ],
  [
    'sets-stay-out-of-default',
    'the project default',
    set.replace('project: tenants', 'project: default'),
    'of its own',
  ],
  [
    'sets-stay-out-of-default',
    "the platform's project",
    set.replace('project: tenants', 'project: platform'),
    'of its own',
  ],
  ['sets-delay-no-wave', 'a set whose health counts', set.replace('"true"', '"false"'), 'ignore-healthcheck'],
  [
    'data-outlives-a-flake',
    'a finalizer where data is',
    set.replace('      labels:', '      finalizers: [resources-finalizer.argocd.argoproj.io]\n      labels:'),
    'holds no data',
  ],
  [
    'data-outlives-a-flake',
    'data that Argo CD would give a finalizer',
    set.replace('  syncPolicy: {preserveResourcesOnDeletion: true}\n', ''),
    'must be true: it holds data',
  ],
  ['data-outlives-a-flake', 'access that would stay', set.replace('part: place', 'part: access'), 'access must end'],
  [
    'wide-projects-are-narrow',
    'a namespace of the platform',
    project.replace(/.*!auth.*\n/, ''),
    'must leave out auth',
  ],
  [
    'wide-projects-are-narrow',
    'all kinds',
    project.replace(/ {2}namespaceResourceWhitelist:\n.*\n/, ''),
    'must list its kinds',
  ],
  ['wide-projects-are-narrow', 'a pattern of kinds', project.replace('ResourceQuota', '"*"'), 'must name its kinds'],
];

describe('what makes tenants', () => {
  it.each([...new Set(broken.map(([rule]) => rule))])('is good for the rule %s', (rule) => {
    expect(check(rule, set)).toEqual([]);
    expect(check(rule, project)).toEqual([]);
  });

  it.each(broken)('%s finds %s', (rule, _, text, message) => {
    expect(check(rule, text)).toEqual([expect.stringContaining(message)]);
  });

  it('may have a finalizer where it holds access only', () => {
    const access = set
      .replace('part: place', 'part: access')
      .replace('  syncPolicy: {preserveResourcesOnDeletion: true}\n', '')
      .replace('      labels:', '      finalizers: [resources-finalizer.argocd.argoproj.io]\n      labels:');
    expect(check('data-outlives-a-flake', access)).toEqual([]);
  });
});
