import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesObject, SecretSpec } from '../components/component.ts';
import { startTestServer, type TestServer } from '../dev/testing/api-server.ts';
import { applyObjects } from './apply.ts';
import { missingRights, requireRights, rightsFor } from './preflight.ts';

let test: TestServer;

beforeAll(async () => {
  test = await startTestServer();
});

afterAll(() => test?.stop());

const role: KubernetesObject = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'powerful' },
  rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
};
const objects: KubernetesObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'auth' } },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'n', namespace: 'argocd' } },
  role,
];
const secrets: SecretSpec[] = [
  { name: 'oauth2-proxy', namespace: 'auth', purpose: 'login', keys: {}, usedBy: ['auth/dex'] },
];
const rights = rightsFor({
  objects,
  secrets,
  argocdNamespace: 'argocd',
  service: { name: 'gw', namespace: 'ingress' },
});

/** Gives a user rights by a ClusterRole of his own. */
async function grant(user: string, rules: readonly object[]): Promise<void> {
  const rbac = 'rbac.authorization.k8s.io';
  await applyObjects(test.connection.api, [
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name: user }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: user },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: user },
      subjects: [{ apiGroup: rbac, kind: 'User', name: user }],
    },
  ]);
}

describe('rights before the first write', () => {
  it('are all there for an administrator', async () => {
    expect(await missingRights(test.connection.api, rights)).toEqual([]);
  });

  it('are all named that a user lacks, by verb, resource and namespace', async () => {
    const { api, user } = await test.as('reader');
    await expect(requireRights(api, rights, user)).rejects.toMatchObject({
      name: 'RunError',
      message: expect.stringContaining('the user "reader" lacks rights that the run needs'),
      details: expect.arrayContaining([
        'get, create, patch namespaces in the whole cluster',
        'get, create, patch networkpolicies.networking.k8s.io in namespace argocd',
        'get, create, patch secrets in namespace auth',
        'get, patch deployments.apps in namespace auth',
        'get, create, patch, escalate clusterroles.rbac.authorization.k8s.io in the whole cluster',
        'get services in namespace ingress',
        'list secrets in namespace argocd',
      ]),
    });
  });

  it('name just the one that is missing', async () => {
    const everything = rights.filter(({ verb }) => verb !== 'escalate');
    await grant(
      'almost',
      everything.map(({ verb, group, resource }) => ({ verbs: [verb], apiGroups: [group], resources: [resource] })),
    );
    const { api } = await test.as('almost');
    expect(await missingRights(api, rights)).toEqual([
      { verb: 'escalate', group: 'rbac.authorization.k8s.io', resource: 'clusterroles' },
    ]);
    // And that one is needed: the server refuses a role that is more powerful than its maker.
    await expect(api.apply(role)).rejects.toMatchObject({ status: 403 });
  });

  it('suffice: a user with just these can write all of it', async () => {
    await grant(
      'enough',
      rights.map(({ verb, group, resource }) => ({ verbs: [verb], apiGroups: [group], resources: [resource] })),
    );
    const { api } = await test.as('enough');
    const namespace: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } };
    const policy = { ...objects[1], spec: { podSelector: {} } } as KubernetesObject;
    const applied = await applyObjects(api, [namespace, policy, role]);
    expect(applied.map(({ change }) => change)).toEqual(['created', 'created', 'created']);
  });
});
