import { describe, expect, it } from 'vitest';
import type { LiveApplication } from './applications.ts';
import { judgeOwnership } from './judge-ownership.ts';
import type { LiveData, LiveObject } from './live.ts';
import type { Ownership, OwnershipQuestion } from './ownership.ts';

const url = 'https://git.example.com/acme/platform.git';
const question: OwnershipQuestion = {
  cluster: 'demo',
  argocd: { namespace: 'argocd', install: true },
  root: { name: 'platform', project: 'platform', repositoryUrl: url, path: 'clusters/demo/apps' },
  repositorySecret: 'breakwater-repository-demo',
  namespaces: ['auth', 'istio-system'],
};
const nothing: Ownership = {
  namespaces: [],
  definitions: [],
  workloads: [],
  neighbours: [],
  applications: [],
  project: undefined,
  repositories: [],
  settings: undefined,
};

function object(kind: string, name: string, metadata: Partial<LiveObject['metadata']> = {}): LiveObject {
  return { apiVersion: 'v1', kind, metadata: { name, ...metadata } };
}

const by = (manager: string) => ({ managedFields: [{ manager, operation: 'Apply' }] });
const trackedBy = (name: string) => ({ annotations: { 'argocd.argoproj.io/tracking-id': `${name}:/X:y/z` } });
const partOfArgoCD = {
  'app.kubernetes.io/part-of': 'argocd',
  'app.kubernetes.io/name': 'argocd-application-controller',
};

function controller(metadata: Partial<LiveObject['metadata']>, namespace = 'argocd'): LiveObject {
  const labels = { ...partOfArgoCD, ...metadata.labels };
  return object('StatefulSet', 'argocd-application-controller', { namespace, ...metadata, labels });
}

function application(name: string, repoURL: string, path: string, namespace = 'argocd'): LiveApplication {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace },
    spec: {
      sources: [
        { repoURL: 'https://charts.example.com', chart: 'x' },
        { repoURL, path },
      ],
    },
  };
}

function judge(found: Partial<Ownership>, asked: OwnershipQuestion = question) {
  const { findings, ...verdict } = judgeOwnership({ ...nothing, ...found }, asked);
  return { ...verdict, refused: findings.filter(({ refuse }) => refuse), codes: findings.map(({ code }) => code) };
}

describe('an Argo CD that is there', () => {
  it('is absent on an empty cluster, and nothing stands in the way', () => {
    expect(judge({})).toMatchObject({ argocd: 'absent', codes: [], takeOverDefinitions: false });
  });

  it('is ours when we applied it, all of it or a part', () => {
    const marked = { ...by('argocd-controller'), labels: { 'breakwater.dev/cluster': 'demo' } };
    expect(judge({ workloads: [controller(marked)] })).toMatchObject({ argocd: 'ours', codes: [] });
    expect(judge({ definitions: [object('CustomResourceDefinition', 'x', by('breakwater'))] })).toMatchObject({
      argocd: 'ours',
    });
  });

  it('manages itself when an Application that reads our repository holds it', () => {
    const found = { workloads: [controller(trackedBy('argocd'))], applications: [application('argocd', url, 'x')] };
    expect(judge(found)).toMatchObject({ argocd: 'self-managed', codes: [] });
  });

  it('is ours again when the Application that held it is gone, unless it may be managed from another cluster', () => {
    const workloads = [controller(trackedBy('argocd'))];
    const repository = object('Secret', 'breakwater-repository-demo', { labels: { 'breakwater.dev/cluster': 'demo' } });
    expect(judge({ workloads, repositories: [repository] })).toMatchObject({ argocd: 'ours', codes: [] });
    expect(judge({ workloads }).codes).toEqual(['argocd-foreign']);
  });

  it.each([
    [
      'Helm',
      { annotations: { 'meta.helm.sh/release-name': 'argo', 'meta.helm.sh/release-namespace': 'argocd' } },
      'Helm (release argocd/argo)',
    ],
    ['a chart rendered by hand', { labels: { 'helm.sh/chart': 'argo-cd-10.1.1' } }, 'Helm (release argo-cd-10.1.1)'],
    ['kubectl', by('kubectl-client-side-apply'), '"kubectl-client-side-apply"'],
    ['an operator', { ownerReferences: [{ apiVersion: 'v1', kind: 'ArgoCD', name: 'main' }] }, 'ArgoCD main'],
    ['another Application', trackedBy('infra'), 'the Argo CD Application "infra"'],
  ])('is refused when it belongs to %s', (_, metadata, owner) => {
    const { refused } = judge({ workloads: [controller(metadata)] });
    expect(refused.map(({ code }) => code)).toEqual(['argocd-foreign']);
    expect(refused[0]?.message).toContain(owner);
    expect(refused[0]?.wayOut).toContain('argocd.install: false');
  });

  it('is refused when it runs in another namespace', () => {
    const { refused } = judge({
      workloads: [controller(by('helm'), 'gitops')],
      definitions: [object('CustomResourceDefinition', 'x')],
    });
    expect(refused.map(({ code }) => code)).toEqual(['argocd-elsewhere']);
    expect(refused[0]?.wayOut).toContain('argocd.namespace: gitops');
  });

  it('leaves CRDs behind, which are taken over when no Application is left', () => {
    const definitions = [object('CustomResourceDefinition', 'applications.argoproj.io', by('helm'))];
    expect(judge({ definitions })).toMatchObject({ argocd: 'absent', takeOverDefinitions: true, refused: [] });
    const applications = [application('old', 'https://git.example.com/other', 'x')];
    expect(judge({ definitions, applications }).codes).toEqual(['applications-left']);
  });

  it('is used as it is with install: false, if its settings make waves wait', () => {
    const settings = { 'resource.customizations.health.argoproj.io_Application': 'hs = {}\n' };
    const asked = { ...question, argocd: { namespace: 'argocd', install: false, settings } };
    const cm = (data: Record<string, string>) => object('ConfigMap', 'argocd-cm') as LiveData & { data: typeof data };
    const workloads = [controller(by('helm'))];
    expect(judge({ workloads, settings: { ...cm({}), data: settings } }, asked)).toMatchObject({
      argocd: 'existing',
      codes: [],
    });
    expect(judge({ workloads, settings: { ...cm({}), data: {} } }, asked).codes).toEqual(['argocd-setting']);
    expect(judge({ workloads }, asked).codes).toEqual(['argocd-setting']);
    expect(judge({}, asked).codes).toEqual(['argocd-missing']);
    expect(judge({ workloads: [controller({}, 'gitops')] }, asked).refused[0]?.wayOut).toContain('gitops');
  });

  it.each([{}, { 'jsonnet.enable': 'true' }])(
    'is refused with install: false while it evaluates Jsonnet: %j',
    (data) => {
      const settings = { 'jsonnet.enable': 'false' };
      const asked = { ...question, argocd: { namespace: 'argocd', install: false, settings } };
      const found = { ...object('ConfigMap', 'argocd-cm'), data } as LiveData;
      const { refused } = judge({ workloads: [controller(by('helm'))], settings: found }, asked);
      expect(refused.map(({ message, wayOut }) => `${message}. ${wayOut}`)).toEqual([
        expect.stringMatching(/"jsonnet.enable", without which Jsonnet .* Set it to "false", there where/),
      ]);
    },
  );
});

describe('a root Application that is there', () => {
  it('is ours when it reads the same repository and path, in whatever spelling', () => {
    const asked = { ...question, root: { ...question.root, repositoryUrl: 'git@git.example.com:acme/platform.git' } };
    for (const spelling of [
      'git@git.example.com:acme/platform',
      'ssh://git@git.example.com/acme/platform.git',
      'git@Git.example.com:acme/platform.git',
    ]) {
      expect(judge({ applications: [application('platform', spelling, 'clusters/demo/apps')] }, asked).codes).toEqual(
        [],
      );
    }
  });

  it.each([
    ['another repository', 'https://git.example.com/acme/other.git', 'clusters/demo/apps'],
    ['another path', url, 'clusters/prod/apps'],
  ])('is refused when it deploys %s', (_, repository, path) => {
    const { refused } = judge({ applications: [application('platform', repository, path)] });
    expect(refused.map(({ code }) => code)).toEqual(['root-foreign']);
    expect(refused[0]?.message).toContain(path);
  });

  it('is refused under another name: two roots would fight', () => {
    expect(judge({ applications: [application('other', url, 'clusters/demo/apps')] }).codes).toEqual(['root-twice']);
  });

  it('is waited for when it is being deleted', () => {
    const root = application('platform', url, 'clusters/demo/apps');
    root.metadata.deletionTimestamp = '2026-11-24T00:00:00Z';
    expect(judge({ applications: [root] }).codes).toEqual(['root-terminating']);
  });
});

describe('other things that are there', () => {
  it('refuses an AppProject of somebody else, and takes its own', () => {
    expect(judge({ project: object('AppProject', 'platform', by('kubectl')) }).codes).toEqual(['project-foreign']);
    expect(judge({ project: object('AppProject', 'platform', by('breakwater')) }).codes).toEqual([]);
    const other = object('AppProject', 'platform', {
      ...by('breakwater'),
      labels: { 'breakwater.dev/cluster': 'prod' },
    });
    expect(judge({ project: other }).codes).toEqual(['project-foreign']);
  });

  it('refuses a second Secret for the same repository, unless none is written', () => {
    const encode = (text: string) => Buffer.from(text).toString('base64');
    const secret = (name: string, project = '') => ({
      ...object('Secret', name, { namespace: 'argocd' }),
      data: {
        url: encode('https://git.example.com/acme/platform'),
        ...(project === '' ? {} : { project: encode(project) }),
      },
    });
    expect(judge({ repositories: [secret('by-hand')] }).codes).toEqual(['repository-secret-foreign']);
    expect(judge({ repositories: [secret('breakwater-repository-demo'), secret('x', 'other')] }).codes).toEqual([]);
    const { repositorySecret: _, ...asked } = question;
    expect(judge({ repositories: [secret('by-hand')] }, asked)).toMatchObject({
      codes: ['repository-secret-used'],
      refused: [],
    });
  });

  it('names a namespace that is being deleted, and one that another tool owns', () => {
    const terminating = object('Namespace', 'auth', { deletionTimestamp: '2026-11-24T00:00:00Z' });
    const helm = object('Namespace', 'istio-system', { annotations: { 'meta.helm.sh/release-name': 'istio' } });
    expect(judge({ namespaces: [terminating, helm] }).codes).toEqual(['namespace-terminating', 'namespace-foreign']);
  });

  it('takes a namespace that was made by hand', () => {
    expect(judge({ namespaces: [object('Namespace', 'auth', by('kubectl-create'))] }).codes).toEqual([]);
  });

  it('refuses to put Istio over one that Helm installed', () => {
    const metadata = { namespace: 'istio-system', annotations: { 'meta.helm.sh/release-name': 'istiod' } };
    const { refused } = judge({ neighbours: [object('Deployment', 'istiod', metadata)] });
    expect(refused[0]?.message).toBe('Deployment istio-system/istiod belongs to Helm (release istio-system/istiod)');
  });

  it('says everything at once', () => {
    const found = {
      workloads: [controller(by('helm'))],
      applications: [application('platform', 'https://git.example.com/other', 'x')],
      project: object('AppProject', 'platform', by('kubectl')),
    };
    expect(judge(found).codes).toEqual(['argocd-foreign', 'root-foreign', 'project-foreign']);
  });
});
