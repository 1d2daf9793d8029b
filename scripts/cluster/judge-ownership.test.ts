import { describe, expect, it } from 'vitest';
import { application, by, controller, judge, object, question, trackedBy, url } from '../dev/testing/ownership.ts';
import type { Ownership } from './ownership.ts';

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

  it('is refused when it deploys another repository', () => {
    const { refused } = judge({
      applications: [application('platform', 'https://git.example.com/acme/other.git', 'clusters/demo/apps')],
    });
    expect(refused.map(({ code }) => code)).toEqual(['root-foreign']);
    expect(refused[0]?.message).toContain('https://git.example.com/acme/other.git');
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
  it('refuses the AppProject of another installation, and accepts its own', () => {
    expect(judge({ project: object('AppProject', 'platform', by('kubectl')) }).codes).toEqual(['project-foreign']);
    expect(judge({ project: object('AppProject', 'platform', by('breakwater')) }).codes).toEqual([]);
    const other = object('AppProject', 'platform', {
      ...by('breakwater'),
      labels: { 'breakwater.dev/cluster': 'prod' },
    });
    expect(judge({ project: other }).codes).toEqual(['other-cluster']);
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

describe('another cluster of the same repository', () => {
  const prod = application('platform', url, 'clusters/prod/apps');
  const labelled = (kind: string, name: string) =>
    object(kind, name, { namespace: 'argocd', labels: { 'breakwater.dev/cluster': 'prod' } });

  // Also with the advice of former versions followed: another root, another project, no Secret of the other one's.
  const moved = { ...question, root: { ...question.root, name: 'b-root', project: 'b-project' } };
  it.each<[what: string, found: Partial<Ownership>]>([
    ['its root', { applications: [prod] }],
    ['a child of its root', { applications: [application('gateway', url, 'clusters/prod/manifests/gateway')] }],
    ['its repository Secret', { repositories: [labelled('Secret', 'breakwater-repository-prod')] }],
    ['its Argo CD before it manages itself', { workloads: [controller(labelled('', '').metadata)] }],
  ])('is said once, with the question for the context, by %s', (_, found) => {
    for (const asked of [question, moved]) {
      const { refused } = judge(found, { ...asked, context: 'kind-prod' });
      expect(refused.map(({ code }) => code)).toEqual(['other-cluster']);
      expect(refused[0]?.message).toContain('this is the cluster "prod", not "demo"');
      expect(refused[0]?.hint).toContain('Is this the right context (kind-prod)?');
      expect(refused[0]?.hint).toContain('npm run uninstall -- --cluster prod');
    }
  });

  it('may leave a namespace behind: then the label is what is to be taken off', () => {
    const left = object('Namespace', 'auth', { labels: { 'breakwater.dev/cluster': 'prod' } });
    const { refused } = judge({ namespaces: [left] });
    expect(refused[0]?.hint).toContain('kubectl label namespace auth breakwater.dev/cluster-');
    expect(judge({ namespaces: [object('Namespace', 'auth', by('kubectl-create'))] }).codes).toEqual([]);
  });
});

describe('a repository that moved', () => {
  const old = 'https://old.example.com/acme/platform.git';
  const found: Partial<Ownership> = {
    workloads: [controller(trackedBy('argocd'))],
    namespaces: [object('Namespace', 'auth', trackedBy('platform'))],
    project: object('AppProject', 'platform', trackedBy('platform')),
    applications: [
      application('platform', old, 'clusters/demo/apps'),
      application('argocd', old, 'clusters/demo/manifests/argocd'),
    ],
    repositories: [
      {
        ...object('Secret', 'breakwater-repository-demo', { labels: { 'breakwater.dev/cluster': 'demo' } }),
        data: { url: Buffer.from(old).toString('base64') },
      },
    ],
  };

  it('is one finding, which names both addresses and what to say', () => {
    const { refused } = judge(found);
    expect(refused.map(({ code }) => code)).toEqual(['repository-moved']);
    expect(refused[0]?.message).toBe(`this cluster deploys from ${old}, but git.url is ${url}`);
    expect(refused[0]?.hint).toContain(`--moved-from ${old}`);
    expect(refused[0]?.hint).not.toMatch(/remove|switch off/i);
  });

  it('is taken along when that is said, and another address is not', () => {
    const asked = (movedFrom: string) => ({ ...question, root: { ...question.root, movedFrom } });
    expect(judge(found, asked(old))).toMatchObject({ argocd: 'self-managed', codes: [] });
    expect(judge(found, asked('https://other.example.com/x.git')).codes).toEqual(['repository-moved']);
  });
});

describe('what a backup brought back, without Argo CD', () => {
  const children = { ...question, root: { ...question.root, children: ['dex', 'kubeflow-pipelines'] } };
  const restored: Partial<Ownership> = {
    namespaces: [object('Namespace', 'auth', trackedBy('platform'))],
    neighbours: [object('Deployment', 'dex', { namespace: 'auth', ...trackedBy('dex') })],
  };

  it('is taken with a note, and no advice that deletes it', () => {
    const { refused, codes } = judge(restored, children);
    expect([refused, codes]).toEqual([[], ['restored']]);
  });

  it('is refused when it was another root, or where an Argo CD runs', () => {
    const asked = { ...children, root: { ...children.root, name: 'other', children: [] } };
    expect(judge(restored, asked).codes).toEqual(['namespace-foreign', 'workload-foreign']);
    const running = { ...restored, applications: [application('theirs', 'https://git.example.com/x', 'x')] };
    expect(judge(running, children).codes).toEqual(['namespace-foreign', 'workload-foreign']);
  });
});

it('names what holds a namespace up that is being deleted, and how to let it go', () => {
  const held = application('held-app', url, 'clusters/demo/x');
  Object.assign(held.metadata, {
    deletionTimestamp: '2026-11-24T00:00:00Z',
    finalizers: ['resources-finalizer.argocd.argoproj.io'],
  });
  const status = {
    conditions: [
      {
        type: 'NamespaceFinalizersRemaining',
        status: 'True',
        message: 'Some content in the namespace has finalizers remaining',
      },
      { type: 'NamespaceDeletionDiscoveryFailure', status: 'False', message: 'All resources successfully discovered' },
    ],
  };
  const namespace = { ...object('Namespace', 'argocd', { deletionTimestamp: '2026-11-24T00:00:00Z' }), status };
  const { refused } = judge({ namespaces: [namespace], applications: [held] });
  expect(refused.map(({ code }) => code)).toEqual(['namespace-terminating']);
  expect(refused[0]?.message).toMatch(/Application argocd\/held-app waits .*finalizers remaining$/);
  expect(refused[0]?.hint).toContain(
    `kubectl -n argocd patch application held-app --type merge -p '{"metadata":{"finalizers":null}}'`,
  );
});
