import type { Cluster } from '../config/cluster.ts';
import { ownHosts } from './apps/place.ts';
import type { KubernetesObject } from './component.ts';
import { early, gatewayNamespace, gatewaySelector, meshNamespace } from './domain.ts';
import { identityHeaders } from './identity.ts';
import { userCodeAddress } from './user-code.ts';
import { webhookInPolicy } from './webhook.ts';

/** Name of OAuth2 Proxy as an extension provider of the mesh. */
export const authProvider = 'oauth2-proxy';

/**
 * Dynamic metadata that the gateway's first filter sets on each request. Clients cannot send it, and Istio's
 * policies can match it: https://istio.io/latest/docs/reference/config/security/conditions/
 */
export const edgeMark = { namespace: 'envoy.filters.http.breakwater', key: 'edge', value: 'passed' } as const;

/** Name of the OAuth2 Proxy for the host of users' code. Istio tells providers apart by the beginning of their names, so neither begins as the other. */
export const userCodeProvider = 'user-code-login';

/** Requests that a rule of an AuthorizationPolicy matches. */
interface RequestMatch {
  to: readonly { operation: Record<string, unknown> }[];
}

/** A check, and the requests that it is asked about. */
interface LoginCheck {
  policy: string;
  provider: string;
  rules: RequestMatch[];
}

/**
 * Every request on every port except 80, which only redirects. Dex and OAuth2 Proxy are excluded: they log users in, on the hosts that have
 * a session of their own. The policy's port is the workload's port (ISTIO-SECURITY-2021-002): the chart's Service maps 443 to 443.
 *
 * The hosts of the two checks are each other's complement, so that every request meets exactly one.
 *
 * @returns the requests that need a login, by the check that is asked
 */
function checks(cluster: Cluster): LoginCheck[] {
  const open = { notPorts: ['80'] };
  const both = (hosts: readonly string[]) => hosts.flatMap((host) => [host, `${host}:*`]);
  const code = userCodeAddress(cluster);
  const elsewhere = code === undefined ? {} : { notHosts: both([code.host]) };
  const webhook = webhookInPolicy(cluster);
  const own = both(ownHosts(cluster).map(({ host }) => host));
  const main: LoginCheck = {
    policy: 'login-required',
    provider: authProvider,
    rules: [
      {
        to: [
          { operation: { ...open, ...elsewhere, notPaths: ['/dex/*', '/oauth2/*', ...webhook.notPaths] } },
          ...webhook.narrowed.map(({ operation }) => ({ operation: { ...operation, ...elsewhere } })),
        ],
      },
      ...(own.length === 0
        ? []
        : [
            {
              to: [{ operation: { ...open, hosts: own, ...(code === undefined ? {} : { notPaths: ['/oauth2/*'] }) } }],
            },
          ]),
    ],
  };
  if (code === undefined) return [main];
  const operation = { ...open, hosts: both([code.host]), notPaths: ['/oauth2/*'] };
  return [main, { policy: 'login-required-user-code', provider: userCodeProvider, rules: [{ to: [{ operation }] }] }];
}

/** The checks: the gateway asks an OAuth2 Proxy about each of these requests, and refuses them while it is down. */
export function loginChecks(cluster: Cluster): KubernetesObject[] {
  return checks(cluster).map(({ policy, provider, rules }) => ({
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: policy, namespace: gatewayNamespace, annotations: early },
    spec: {
      selector: { matchLabels: { ...gatewaySelector } },
      action: 'CUSTOM',
      provider: { name: provider },
      rules,
    },
  }));
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
        ...checks(cluster).flatMap(({ rules }) =>
          rules.map((target) => ({ ...target, when: [{ key: `request.headers[${user}]`, notValues: ['*'] }] })),
        ),
        {
          to: [{ operation: { notPorts: ['80'] } }],
          when: [{ key: `experimental.${namespace}[${key}]`, notValues: [value] }],
        },
      ],
    },
  };
}
