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
    expect(refused[0]?.hint).toContain('argocd.install: false');
  });

  it('is refused when it runs in another namespace', () => {
    const { refused } = judge({
      workloads: [controller(by('helm'), 'gitops')],
      definitions: [object('CustomResourceDefinition', 'x')],
    });
    expect(refused.map(({ code }) => code)).toEqual(['argocd-elsewhere']);
    expect(refused[0]?.hint).toContain('argocd.namespace: gitops');
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
    expect(judge({ workloads: [controller({}, 'gitops')] }, asked).refused[0]?.hint).toContain('gitops');
  });

  it.each([{}, { 'jsonnet.enable': 'true' }])(
    'is refused with install: false while it evaluates Jsonnet: %j',
    (data) => {
      const settings = { 'jsonnet.enable': 'false' };
      const asked = { ...question, argocd: { namespace: 'argocd', install: false, settings } };
      const found = { ...object('ConfigMap', 'argocd-cm'), data } as LiveData;
      const { refused } = judge({ workloads: [controller(by('helm'))], settings: found }, asked);
      expect(refused.map(({ message, hint }) => `${message}. ${hint}`)).toEqual([
        expect.stringMatching(/"jsonnet.enable", without which Jsonnet .* Set it to "false" where/),
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

describe('an Argo CD of the user', () => {
  const kinds = [
    'AuthorizationPolicy.security.istio.io',
    'EnvoyFilter.networking.istio.io',
    'Service',
    'Deployment.apps',
  ];
  const asked = { ...question, argocd: { namespace: 'argocd', install: false, kinds } };
  const refusedBy = (data: Record<string, string>) =>
    judge(
      { workloads: [controller(by('helm'))], settings: { ...object('ConfigMap', 'argocd-cm'), data } },
      asked,
    ).refused.map(({ message }) => message);

  it('excludes none of our kinds by default', async () => {
    // Of argo-cd 3.5.7, shortened to one kind each.
    const defaults = `- apiGroups: ['', discovery.k8s.io]
  kinds: [Endpoints, EndpointSlice]
- apiGroups: [coordination.k8s.io]
  kinds: [Lease]
- apiGroups: [authentication.k8s.io, authorization.k8s.io]
  kinds: [SelfSubjectReview, TokenReview]
- apiGroups: [cert-manager.io]
  kinds: [CertificateRequest]
- apiGroups: [cilium.io]
  kinds: [CiliumIdentity]
- apiGroups: [kyverno.io, reports.kyverno.io, wgpolicyk8s.io]
  kinds: [PolicyReport, ClusterPolicyReport]
`;
    expect(refusedBy({ 'resource.exclusions': defaults })).toEqual([]);
    expect(refusedBy({ 'resource.inclusions': '' })).toEqual([]);
  });

  it.each([
    [
      'resource.exclusions',
      '- {apiGroups: [networking.istio.io, security.istio.io], kinds: [EnvoyFilter, AuthorizationPolicy]}',
      2,
    ],
    ['resource.exclusions', '- {apiGroups: ["*.istio.io"], clusters: ["https://kubernetes.*"]}', 2],
    ['resource.exclusions', '- {kinds: ["*"], apiGroups: [""]}', 1],
    ['resource.exclusions', '- {apiGroups: ["*.istio.io"], clusters: ["https://other.example.com"]}', 0],
    ['resource.inclusions', '- {apiGroups: ["", apps], kinds: [Deployment, Service]}', 2],
    ['resource.inclusions', '- {apiGroups: ["*"], kinds: ["*"]}', 0],
  ])('is refused where %s: %s takes some away', (key, text, lost) => {
    const messages = refusedBy({ [key]: text });
    expect(messages).toHaveLength(lost === 0 ? 0 : 1);
    if (lost > 0)
      expect(messages[0]).toMatch(
        new RegExp(`"${key}" of the ConfigMap argocd/argocd-cm .*${lost === 2 ? 'EnvoyFilter' : 'Service'}`),
      );
    expect((messages[0]?.split(': ')[1] ?? '').split(', ').filter((kind) => kind !== '')).toHaveLength(lost);
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
