import { describe, expect, it } from 'vitest';
import { type Inside, type InsideAnswer, insideSkipped, runInside } from './inside.ts';
import type { PlatformSite } from './known.ts';

const site: PlatformSite = {
  host: 'platform.example',
  authority: 'platform.example',
  origin: 'https://platform.example',
  places: [],
  logins: ['platform.example.com'],
  connector: 'local',
  sessionCookie: 'session',
  identityHeaders: [],
  userHeader: 'kubeflow-userid',
  appMarker: 'x-breakwater-app',
  groupsHeader: 'kubeflow-groups',
  machineTokens: false,
};

const dashboard = 'centraldashboard.kubeflow.svc.cluster.local';
const store = 'argocd-redis.argocd.svc.cluster.local';
const api = { exit: 0, status: 200, body: '{}' };
const denied = { exit: 0, status: 403, body: 'RBAC: access denied' };
const reset = { exit: 56, status: 0, body: '' };

type Said = Record<string, Omit<InsideAnswer, 'id' | 'pod'>>;

/** Verdicts by id without the group, with the pods answering as told; what is not told is as it should be. */
async function verdicts(said: Said = {}, change: Partial<Inside> = {}): Promise<Record<string, string>> {
  const inside: Inside = {
    destinations: [{ host: dashboard, port: 80, ready: true }],
    gateways: ['ingress/http-redirect', 'ingress/ingress-gateway'],
    bound: new Map([['ingress/http-redirect', ['ingress/redirect-to-https']]]),
    rendered: {
      gateways: ['ingress/ingress-gateway', 'ingress/http-redirect'],
      plainGateways: ['ingress/http-redirect'],
      plainRoutes: ['ingress/redirect-to-https'],
    },
    ownLogin: [],
    closed: [{ host: store, port: 6379, ready: true, policy: 'argocd/argocd-redis-network-policy' }],
    gatewayService: 'istio-ingressgateway.ingress.svc.cluster.local',
    gatewayPrincipal: 'cluster.local/ns/ingress/sa/istio-ingressgateway',
    call: async (calls) =>
      (['in-mesh', 'outside'] as const).flatMap((pod) =>
        calls.map(({ id }) => ({
          id,
          pod,
          ...(said[`${id}-${pod}`] ?? usual(id, pod)),
        })),
      ),
    ...change,
  };
  const rows = await runInside(site, 'forged@example.com', inside);
  return Object.fromEntries(rows.map(({ id, outcome }) => [id.replace('inside/', ''), outcome]));
}

function usual(id: string, pod: string): Omit<InsideAnswer, 'id' | 'pod'> {
  if (id === 'control') return api;
  if (id.startsWith('policy')) return { exit: 28, status: 0, body: '' };
  if (id.startsWith('gateway')) return { exit: 0, status: 301, body: '' };
  return pod === 'in-mesh' ? denied : reset;
}

describe('calls from inside the cluster', () => {
  it('pass where the mesh refuses them', async () => {
    expect(await verdicts()).toEqual({
      'other-gateways': 'passed',
      'routes-without-tls': 'passed',
      'centraldashboard.kubeflow-80-in-mesh': 'passed',
      'centraldashboard.kubeflow-80-outside': 'passed',
      'gateway-http-outside': 'passed',
      'gateway-https-outside': 'passed',
      'policy-argocd-redis.argocd-6379-outside': 'passed',
    });
  });

  it('fail where a service answers, be it with its own refusal', async () => {
    for (const answer of [api, { exit: 0, status: 404, body: 'not found' }, { exit: 0, status: 403, body: 'no' }])
      expect(await verdicts({ 'centraldashboard.kubeflow-80-in-mesh': answer })).toMatchObject({
        'centraldashboard.kubeflow-80-in-mesh': 'failed',
        'centraldashboard.kubeflow-80-outside': 'passed',
      });
    expect(await verdicts({ 'centraldashboard.kubeflow-80-outside': api })).toMatchObject({
      'centraldashboard.kubeflow-80-outside': 'failed',
    });
  });

  it('are skipped, and say why, where the service outside the mesh has a login of its own', async () => {
    const own = { ownLogin: ['centraldashboard.kubeflow'] };
    const said = { 'centraldashboard.kubeflow-80-outside': { exit: 0, status: 307, body: '' } };
    expect(await verdicts(said, own)).toMatchObject({
      'centraldashboard.kubeflow-80-in-mesh': 'passed',
      'centraldashboard.kubeflow-80-outside': 'skipped',
    });
  });

  it('fail where the gateway serves a page because the request comes from inside', async () => {
    expect(await verdicts({ 'gateway-https-outside': api })).toMatchObject({ 'gateway-https-outside': 'failed' });
  });

  it.each([
    ['a plugin that drops', 28, 'passed'],
    ['a plugin that rejects', 7, 'passed'],
    ['an answer that is not a HTTP', 1, 'failed'],
    ['a connection that was closed', 52, 'failed'],
    ['an answer', 0, 'failed'],
    ['no such Service', 6, 'skipped'],
  ])('tell whether the network plugin enforces policies: %s', async (_, exit, outcome) => {
    expect(await verdicts({ 'policy-argocd-redis.argocd-6379-outside': { exit, status: 0, body: '' } })).toMatchObject({
      'policy-argocd-redis.argocd-6379-outside': outcome,
    });
  });

  it('say nothing of policies where nothing runs behind the Service', async () => {
    const closed = [{ host: store, port: 6379, ready: false, policy: 'argocd/argocd-redis-network-policy' }];
    expect(await verdicts({}, { closed })).toMatchObject({ 'policy-argocd-redis.argocd-6379-outside': 'skipped' });
  });

  it('are skipped where the pod reaches nothing at all', async () => {
    expect(await verdicts({ 'control-outside': { exit: 6, status: 0, body: '' } })).toMatchObject({
      'centraldashboard.kubeflow-80-in-mesh': 'passed',
      'centraldashboard.kubeflow-80-outside': 'skipped',
    });
  });

  it('are skipped where nothing runs behind the service, or its name is not found', async () => {
    const empty = { destinations: [{ host: dashboard, port: 80, ready: false }] };
    expect(await verdicts({}, empty)).toMatchObject({ 'centraldashboard.kubeflow-80-in-mesh': 'skipped' });
    const unknown = { 'centraldashboard.kubeflow-80-outside': { exit: 6, status: 0, body: '' } };
    expect(await verdicts(unknown)).toMatchObject({ 'centraldashboard.kubeflow-80-outside': 'skipped' });
  });

  it('fail where the pod made no call', async () => {
    expect(await verdicts({}, { call: async () => [] })).toMatchObject({
      'centraldashboard.kubeflow-80-in-mesh': 'failed',
    });
  });
});

describe('what is published on the gateway', () => {
  it('fails for the Gateway of another team, and for a route on port 80', async () => {
    expect(await verdicts({}, { gateways: ['ingress/ingress-gateway', 'team/side-door'] })).toMatchObject({
      'other-gateways': 'failed',
    });
    const bound = new Map([['ingress/http-redirect', ['ingress/redirect-to-https', 'team/app']]]);
    expect(await verdicts({}, { bound })).toMatchObject({ 'routes-without-tls': 'failed' });
  });
});

it('is one skipped row without a cluster', () => {
  expect(insideSkipped('needs --context')).toMatchObject([{ outcome: 'skipped', why: 'needs --context' }]);
});
