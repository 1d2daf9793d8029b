import type { Cluster } from '../config/cluster.ts';
import { ownHosts } from './apps/place.ts';
import type { KubernetesObject } from './component.ts';
import { early, gatewayNamespace, gatewaySelector, meshNamespace } from './domain.ts';
import { identityHeaders } from './identity.ts';
import { webhookInPolicy } from './webhook.ts';

/** Name under which the gateway's AuthorizationPolicy knows OAuth2 Proxy. */
export const authProvider = 'oauth2-proxy';

/**
 * What the gateway's first filter notes on each request. Envoy keeps it beside the request, so no client can send it, and Istio's
 * policies can ask for it: https://istio.io/latest/docs/reference/config/security/conditions/
 */
export const edgeMark = { namespace: 'envoy.filters.http.breakwater', key: 'edge', value: 'passed' } as const;

/** Of an AuthorizationPolicy: which requests it is about. */
interface Target {
  to: readonly Record<string, unknown>[];
}

/**
 * Every request on every port but 80, which only redirects. Dex and OAuth2 Proxy log people in, and answer on the platform's host only.
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

/** The first lock: OAuth2 Proxy is asked about each of these requests, and they are refused while it is absent. */
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
 * The second lock: refuses the same requests when they carry no identity, and all requests that did not pass the gateway's first filter.
 * The filter removes identities from outside and only the check's answer sets one, so nothing is served while either is missing.
 *
 * It lives in the mesh's namespace and Application, so one mistake in the gateway's does not take both. DENY, because no other policy can
 * overrule it. Istio asks it after the check: CUSTOM comes first (https://istio.io/latest/docs/concepts/security/#implicit-enablement).
 */
export function gatewayLock(cluster: Cluster): KubernetesObject {
  const { namespace, key, value } = edgeMark;
  const [user] = identityHeaders;
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    // Behind istiod, whose webhook has to accept it.
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
