import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { kindName } from '../cluster/inventory.ts';
import type { LiveObject } from '../cluster/live.ts';
import { parseClusterFile } from '../config/parse.ts';
import { adoptedFile, withoutPeople } from './adopt-settings.ts';

const request = { name: 'prod', context: 'prod-admin' };

function snapshotOf(...objects: object[]) {
  const found = new Map<string, LiveObject[]>();
  for (const object of objects as LiveObject[])
    found.set(kindName(object), [...(found.get(kindName(object)) ?? []), object]);
  return found;
}

const deployment = (namespace: string, name: string, labels: Record<string, string> = {}, more = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace, labels, ...more },
  spec: { template: { spec: { containers: [{ name, image: `example.com/${name}:v1.2.3` }] } } },
});

function settingsOf(...objects: object[]) {
  const text = adoptedFile(snapshotOf(...objects), request);
  expect(parseClusterFile(text, 'clusters/prod/cluster.yaml', 'prod')).toHaveProperty('value');
  return parse(text);
}

it('an empty cluster gets a file like a new one', () => {
  expect(settingsOf()).toEqual({
    name: 'prod',
    host: 'auto',
    kubernetes: { context: 'prod-admin' },
    auth: { users: [{ email: 'user@example.com' }] },
  });
});

it("the company's Argo CD, cert-manager and issuer stay, and the nodes say what they are", () => {
  const settings = settingsOf(
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'a' },
      status: { nodeInfo: { kubeletVersion: 'v1.33.1-eks-1' } },
    },
    { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: 'v1beta1.metrics.k8s.io' } },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: {
        name: 'argo-controller',
        namespace: 'gitops',
        labels: { 'app.kubernetes.io/name': 'argocd-application-controller' },
      },
      spec: { template: { spec: { serviceAccountName: 'argo-controller' } } },
    },
    deployment('cert-manager', 'cert-manager', { 'app.kubernetes.io/name': 'cert-manager' }),
    {
      apiVersion: 'cert-manager.io/v1',
      kind: 'ClusterIssuer',
      metadata: { name: 'letsencrypt' },
      spec: { acme: { server: 'https://acme.example.com' } },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: { name: 'kubeflow-gateway', namespace: 'kubeflow' },
      spec: { servers: [{ hosts: ['*/kubeflow.acme.org'] }] },
    },
  );
  expect(settings).toMatchObject({
    host: 'kubeflow.acme.org',
    kubernetes: { distribution: 'eks', metricsServer: true },
    argocd: { install: false, namespace: 'gitops', controllerAccount: 'argo-controller' },
    components: { 'cert-manager': { enabled: false } },
    tls: { existingIssuer: { name: 'letsencrypt', trust: 'public' } },
  });
});

it("upstream's Kubeflow: its parts, its people, no second profile, and no secret of Dex", () => {
  const dex = `
issuer: http://dex.auth.svc.cluster.local:5556/dex
staticPasswords:
- email: User@example.com
  hashFromEnv: DEX_USER_PASSWORD
connectors:
- type: oidc
  id: company
  name: Company
  config: {issuer: 'https://login.acme.org', clientID: kubeflow, clientSecret: 'hidden', insecureEnableGroups: true}
`;
  const objects = [
    deployment('kubeflow', 'centraldashboard'),
    deployment('kubeflow', 'profiles-deployment'),
    deployment('kubeflow', 'training-operator'),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'dex', namespace: 'auth' }, data: { 'config.yaml': dex } },
    {
      apiVersion: 'kubeflow.org/v1',
      kind: 'Profile',
      metadata: { name: 'team-a' },
      spec: { owner: { kind: 'User', name: 'ann@acme.org' } },
    },
  ];
  const settings = settingsOf(...objects);
  expect(settings).toMatchObject({
    host: 'auto',
    auth: {
      users: [{ email: 'user@example.com' }],
      connectors: [
        {
          type: 'oidc',
          id: 'company',
          issuer: 'https://login.acme.org',
          clientSecret: { env: 'COMPANY_CLIENT_SECRET' },
          unverifiedEmails: 'reject',
          groups: true,
        },
      ],
    },
    kubeflow: { components: ['central-dashboard', 'profiles', 'trainer'], defaultProfile: { enabled: false } },
  });
  expect(adoptedFile(snapshotOf(...objects), request)).not.toContain('hidden');
});

describe('what a user of the old cluster planted', () => {
  const dex = (namespace: string, issuer: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'dex', namespace },
    data: { 'config.yaml': `connectors: [{type: oidc, id: a, name: A, config: {issuer: '${issuer}', clientID: a}}]` },
  });
  const controller = (namespace: string) =>
    deployment(namespace, 'argocd', { 'app.kubernetes.io/name': 'argocd-application-controller' });
  const profile = { apiVersion: 'kubeflow.org/v1', kind: 'Profile', metadata: { name: 'aaa-kubeflow' } };

  it('in the namespace of a Profile decides nothing', () => {
    const planted = [
      dex('aaa-kubeflow', 'https://evil.example.net'),
      controller('aaa-kubeflow'),
      deployment('aaa-kubeflow', 'cert-manager', { 'app.kubernetes.io/name': 'cert-manager' }),
      deployment('aaa-kubeflow', 'centraldashboard'),
      {
        apiVersion: 'networking.istio.io/v1',
        kind: 'Gateway',
        metadata: { name: 'g', namespace: 'aaa-kubeflow' },
        spec: { servers: [{ hosts: ['*/evil.example.net'] }] },
      },
    ];
    const text = (...objects: object[]) => adoptedFile(withoutPeople(snapshotOf(profile, ...objects)), request);
    expect(text(...planted)).toBe(text());
  });

  it('in another namespace is neither the Dex whose logins are taken over, nor the Argo CD that gets credentials', () => {
    const settings = settingsOf(
      dex('aaa', 'https://evil.example.net'),
      dex('auth', 'https://login.acme.org'),
      controller('aaa'),
      controller('argocd'),
    );
    expect(settings.auth.connectors).toMatchObject([{ issuer: 'https://login.acme.org' }]);
    expect(settings.argocd).toBeUndefined();
  });
});
