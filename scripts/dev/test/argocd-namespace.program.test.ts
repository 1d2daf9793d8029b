import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../../components/component.ts';
import { loadCluster } from '../../config/load.ts';
import { gitIn } from '../testing/git-in.ts';
import { type TestRepository, testRepository } from './repository.ts';

let repository: TestRepository;
afterEach(() => repository.remove());

const binding = (name: string, namespace: string) => `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: ${name}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${name}}
subjects: [{kind: ServiceAccount, name: ${name}, namespace: ${namespace}}]
`;
const account = (name: string) => `apiVersion: v1
kind: ServiceAccount
metadata: {name: ${name}}
`;
const accounts = ['argocd-application-controller', 'argocd-applicationset-controller', 'argocd-server'];

/** As upstream writes them: the accounts without a namespace, the subjects with one. */
function upstream(folder: string, files: Readonly<Record<string, string>>): string {
  const all: Record<string, string> = {
    'cm.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\n',
    ...files,
  };
  const kustomization = `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: ${JSON.stringify(Object.keys(all))}\n`;
  for (const [name, text] of Object.entries({ ...all, 'kustomization.yaml': kustomization })) {
    const path = join(folder, 'manifests', 'cluster-install', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const git = gitIn(folder);
  git('init', '--quiet');
  git('config', 'user.name', 'Test');
  git('config', 'user.email', 'test@example.com');
  git('add', '.');
  git('commit', '--quiet', '--message', 'Start');
  return pathToFileURL(folder).href;
}

/** Makes a cluster whose Argo CD is in a namespace of its own, and its upstream a repository beside it. */
function open(namespace: string, files: Readonly<Record<string, string>>): void {
  repository = testRepository({});
  const folder = join(dirname(repository.root), 'argo-cd');
  const mirror = upstream(folder, files);
  // No patches of things that this small upstream lacks.
  repository.write(
    'infrastructure/argocd/kustomization.yaml',
    'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n',
  );
  repository.write(
    'clusters/prod/cluster.yaml',
    `name: prod
host: platform.example.com
argocd: {namespace: ${namespace}}
mirrors: {git: {"https://github.com/argoproj/argo-cd": ${JSON.stringify(mirror)}}}
kubeflow: {components: []}
auth: {users: [{email: user@example.com}]}
`,
  );
  repository.git('add', '.');
  repository.git('commit', '--quiet', '--message', 'Add a cluster');
  gitIn(folder)(
    'tag',
    loadCluster(repository.root, 'prod').shared.upstream.get('infrastructure/argocd')?.version ?? '',
  );
}

const whole = Object.fromEntries(
  accounts.flatMap((name) => [
    [`${name}.yaml`, account(name)],
    [`${name}-binding.yaml`, binding(name, 'argocd')],
  ]),
);

describe.each(['argocd', 'gitops'])('Argo CD in namespace %s', (namespace) => {
  it('has all rights there and no stranger has any, for the first install and when it manages itself', () => {
    open(namespace, whole);
    const run = repository.breakwater('bootstrap');
    expect(run.code, run.stderr).toBe(0);
    const text = readFileSync(join(repository.root, '.breakwater/prod/objects/02-argocd.yaml'), 'utf8');
    const objects = parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
    const subjects = objects
      .filter(({ kind }) => kind === 'ClusterRoleBinding')
      .flatMap((object) => object.subjects as { name: string; namespace: string }[]);
    expect(subjects.map((subject) => `${subject.namespace}/${subject.name}`).sort()).toEqual(
      accounts.map((name) => `${namespace}/${name}`),
    );
    // What the Application builds is that very source.
    const application = parse(repository.git('show', 'HEAD:clusters/prod/apps/00-argocd.yaml'));
    const patches = application.spec.sources[0].kustomize.patches as { target?: { kind?: string } }[];
    expect(patches.some(({ target }) => target?.kind === 'ClusterRoleBinding')).toBe(namespace !== 'argocd');
  });
});

it('does not install an Argo CD that gives rights to an account which it does not bring', () => {
  open('gitops', { 'server.yaml': account('argocd-server'), 'binding.yaml': binding('argocd-serve', 'argocd') });
  const run = repository.breakwater('bootstrap');
  expect(run.code).toBe(2);
  expect(run.stderr).toContain('ClusterRoleBinding argocd-serve to gitops/argocd-serve');
});
