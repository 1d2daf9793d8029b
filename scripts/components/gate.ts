import type { Cluster } from '../config/cluster.ts';
import { ownHosts } from './apps/place.ts';
import type { KubernetesObject } from './component.ts';
import { early, gatewayNamespace, gatewaySelector, meshNamespace } from './domain.ts';
import { identityHeaders } from './identity.ts';
import { webhookInPolicy } from './webhook.ts';

/** Name of OAuth2 Proxy as an extension provider of the mesh. */
export const authProvider = 'oauth2-proxy';

/**
 * Dynamic metadata that the gateway's first filter sets on each request. Clients cannot send it, and Istio's
 * policies can match it: https://istio.io/latest/docs/reference/config/security/conditions/
 */
export const edgeMark = { namespace: 'envoy.filters.http.breakwater', key: 'edge', value: 'passed' } as const;

/** Requests that a rule of an AuthorizationPolicy matches. */
interface Target {
  to: readonly Record<string, unknown>[];
}

/**
 * Every request on every port except 80, which only redirects. Dex and OAuth2 Proxy are excluded: they log users in, on the platform's host only.
 * The policy's port is the workload's port (ISTIO-SECURITY-2021-002): the chart's Service maps 443 to 443.
 *
 * @returns the requests that need a login, as rules of an AuthorizationPolicy
 */
function checkedRequests(cluster: Cluster): Target[] {
  const own = ownHosts(cluster).flatMap(({ host }) => [host, `${host}:*`]);
  const webhook = webhookInPolicy(cluster);
  return [
    {
      to: [
        { operation: { notPorts: ['80'], notPaths: ['/dex/*', '/oauth2/*', ...webhook.notPaths] } },
        ...webhook.narrowed,
      ],
    },
    ...(own.length === 0 ? [] : [{ to: [{ operation: { notPorts: ['80'], hosts: own } }] }]),
  ];
}

/** The check: the gateway asks OAuth2 Proxy about each of these requests, and refuses them while it is down. */
export function loginRequired(cluster: Cluster): KubernetesObject {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'login-required', namespace: gatewayNamespace, annotations: early },
    spec: {
      selector: { matchLabels: { ...gatewaySelector } },
      action: 'CUSTOM',
      provider: { name: authProvider },
      rules: checkedRequests(cluster),
    },
  };
}

/**
 * The lock: refuses the same requests without an identity, and all requests that did not pass the gateway's first filter.
 * That filter removes identities from outside and only the check sets one, so nothing is served while either is missing.
 *
 * It belongs to the mesh's namespace and Application, so that one mistake in the gateway's cannot remove both. DENY, because no other policy
 * overrides it. Istio evaluates it after the check: CUSTOM comes first (https://istio.io/latest/docs/concepts/security/#implicit-enablement).
 */
export function gatewayLock(cluster: Cluster): KubernetesObject {
  const { namespace, key, value } = edgeMark;
  const [user] = identityHeaders;
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    // After istiod, whose webhook has to accept it.
    metadata: {
      name: 'gateway-lock',
      namespace: meshNamespace,
      annotations: { 'argocd.argoproj.io/sync-wave': '1' },
    },
    spec: {
      selector: { matchLabels: { ...gatewaySelector } },
      action: 'DENY',
      rules: [
        ...checkedRequests(cluster).map((target) => ({
          ...target,
          when: [{ key: `request.headers[${user}]`, notValues: ['*'] }],
        })),
        {
          to: [{ operation: { notPorts: ['80'] } }],
          when: [{ key: `experimental.${namespace}[${key}]`, notValues: [value] }],
        },
      ],
    },
  };
}
