import { publicAddress } from './address.ts';
import { logoRoute } from './branding/logo-route.ts';
import { proxyPages } from './branding/proxy-pages.ts';
import type { Component, KubernetesObject } from './component.ts';
import { authNamespace, early, gatewayName, gatewayNamespace, gatewayPrincipal } from './domain.ts';
import { loginNamespace, strictMutualTls } from './login-namespace.ts';
import { clientId, loginRoutes, platformProxy, proxySecret, userCodeClientId, userCodeProxy } from './login-proxy.ts';
import { proxyCaSecret, proxyValues, redisCa, redisSecret, trustsPrivateCa } from './oauth2-proxy-values.ts';
import { caCertificate, caSecrets } from './private-ca.ts';
import { chartSource } from './upstream.ts';
import { userCodeRoute } from './user-code.ts';

/** OAuth2 Proxy: checks for the gateway whether a request has a session, and logs users in through Dex. */
export const oauth2Proxy: Component = {
  name: 'oauth2-proxy',
  summary: 'checks each request, and logs users in through Dex',
  folder: 'infrastructure/oauth2-proxy',
  namespace: () => authNamespace,
  dependsOn: ['gateway', 'issuer'],
  needsHost: true,
  sources: (cluster) => [chartSource(cluster, 'oauth2-proxy', 'oauth2-proxy')],
  pullSecretsIn: 'imagePullSecrets',
  values: (cluster) => proxyValues(cluster, platformProxy(cluster)),
  namespaces: (cluster) => [loginNamespace(cluster)],
  manifests: (cluster) => [
    // Dex owns it, if it is enabled.
    ...(cluster.components.dex?.enabled === false ? [strictMutualTls()] : []),
    authorizationPolicy(),
    route('oauth2-proxy', publicAddress(cluster).host, `${gatewayNamespace}/${gatewayName}`, [
      ...logoRoute(cluster),
      ...loginRoutes(cluster, { name: clientId }),
    ]),
    ...redisCa(cluster),
    proxyPages(cluster),
    ...(trustsPrivateCa(cluster)
      ? caCertificate(
          cluster,
          { name: proxyCaSecret, namespace: authNamespace, annotations: early },
          `oauth2-proxy.${authNamespace}.svc`,
        )
      : []),
  ],
  secrets: (cluster) => {
    const redis = cluster.auth.session.redis;
    const usedBy = [clientId, ...(cluster.auth.userCodeHost ? [userCodeClientId] : [])].map(
      (name) => `${authNamespace}/${name}`,
    );
    return [
      proxySecret(clientId),
      ...(trustsPrivateCa(cluster)
        ? caSecrets(cluster, { name: proxyCaSecret, namespace: authNamespace, usedBy })
        : []),
      ...(redis?.password === undefined
        ? []
        : [
            {
              name: redisSecret,
              namespace: authNamespace,
              purpose: 'password of the Redis that stores sessions',
              usedBy,
              keys: {
                'redis-password': { kind: 'reference' as const, from: redis.password, check: 'not-empty' as const },
              },
            },
          ]),
    ];
  },
  clusterKinds: () => [],
  readyWithinSeconds: 300,
};

/** The same for the host of users' code. It shares the policy and the CAs of the platform's, which is there before. */
export const oauth2ProxyApps: Component = {
  name: 'oauth2-proxy-apps',
  summary: "the same for the host of users' code, with sessions of its own",
  folder: 'infrastructure/oauth2-proxy',
  namespace: () => authNamespace,
  dependsOn: ['gateway', 'issuer', 'oauth2-proxy'],
  needsHost: true,
  sources: (cluster) => [chartSource(cluster, 'oauth2-proxy', 'oauth2-proxy-apps')],
  pullSecretsIn: 'imagePullSecrets',
  values: (cluster) => proxyValues(cluster, userCodeProxy(cluster)),
  manifests: (cluster) => {
    const { host, gateway } = userCodeRoute(cluster);
    const { authority } = publicAddress(cluster);
    return [
      route('oauth2-proxy-apps', host, gateway, [
        // Dex is on the platform's host only.
        { match: [{ uri: { prefix: '/dex/' } }], directResponse: { status: 404 } },
        ...loginRoutes(cluster, { name: userCodeClientId }),
        { match: [{ uri: { exact: '/' } }], redirect: { authority, redirectCode: 302 } },
        // Istio sorts it behind the routes of users' code.
        { match: [{ uri: { prefix: '/' } }], directResponse: { status: 404 } },
      ]),
    ];
  },
  secrets: () => [proxySecret(userCodeClientId)],
  clusterKinds: () => [],
  readyWithinSeconds: 300,
};

/** Admits only the gateway to each OAuth2 Proxy: the chart's label is the same on all. */
function authorizationPolicy(): KubernetesObject {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'oauth2-proxy', namespace: authNamespace },
    spec: {
      selector: { matchLabels: { 'app.kubernetes.io/name': 'oauth2-proxy' } },
      action: 'ALLOW',
      rules: [{ from: [{ source: { principals: [gatewayPrincipal] } }] }],
    },
  };
}

function route(
  name: string,
  host: string,
  gateway: string,
  http: readonly Record<string, unknown>[],
): KubernetesObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace: authNamespace },
    spec: { hosts: [host], gateways: [gateway], http },
  };
}
