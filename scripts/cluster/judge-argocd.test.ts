import { describe, expect, it } from 'vitest';
import { application, by, controller, judge, object, question, trackedBy, url } from '../dev/testing/ownership.ts';
import type { LiveData } from './live.ts';

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
