import { createHash } from 'node:crypto';
import type { Cluster } from '../config/cluster.ts';
import { publicAddress } from './address.ts';
import { exposedApps, ownHosts, sendsToken } from './apps/place.ts';
import type { Component, KubernetesObject } from './component.ts';
import { authNamespace, early, gatewayName, gatewayNamespace, gatewayPrincipal } from './domain.ts';
import { checkPrefix, programPath, sessionCookie, sharedSessionCookie } from './identity.ts';
import { loginNamespace, strictMutualTls } from './login-namespace.ts';
import { mirrorImage, splitImage } from './mirrors.ts';
import { caCertificate, hasPrivateCa } from './private-ca.ts';
import { signedOutPage, signedOutPath } from './signed-out-page.ts';
import { chartSource, chartUpstream, imageTag } from './upstream.ts';

/** Secret shared by OAuth2 Proxy and Dex: client id, client secret and cookie key. */
export const loginSecret = 'oauth2-proxy';
/** Client id of OAuth2 Proxy at Dex. */
export const clientId = 'oauth2-proxy';

/** Source addresses of all requests behind a sidecar: istio.io/istio, pilot/pkg/util/network (InboundPassthroughBindIpv4, …Ipv6). */
export const sidecarAddresses = '127.0.0.6/32,::6/128';

/** Time a user has to log in. */
export const loginTime = '15m';

const redisSecret = 'oauth2-proxy-redis';
const caSecret = 'oauth2-proxy-ca';
const caFolder = '/etc/breakwater/ca';
const redisCaFolder = '/etc/breakwater/redis';

/** OAuth2 Proxy: checks for the gateway whether a request has a session, and logs users in through Dex. */
export const oauth2Proxy: Component = {
  name: 'oauth2-proxy',
  summary: 'checks each request, and logs users in through Dex',
  folder: 'infrastructure/oauth2-proxy',
  namespace: () => authNamespace,
  dependsOn: ['gateway', 'issuer'],
  enabled: () => true,
  needsHost: true,
  sources: (cluster) => [chartSource(cluster, 'oauth2-proxy', 'oauth2-proxy')],
  values: (cluster) => {
    const pinned = chartUpstream(cluster, 'oauth2-proxy').image;
    return {
      fullnameOverride: 'oauth2-proxy',
      ...(pinned === undefined
        ? {}
        : { image: { ...splitImage(mirrorImage(cluster, pinned.repository)), tag: imageTag(pinned) } }),
      config: { existingSecret: loginSecret, emailDomains: cluster.auth.emailDomains, forceLegacyConfig: false },
      alphaConfig: { enabled: true, configData: alphaConfig(cluster) },
      extraArgs: flags(cluster),
      ...(cluster.auth.session.redis === undefined
        ? {}
        : { sessionStorage: sessionStorage(cluster.auth.session.redis) }),
      ...volumes(cluster),
    };
  },
  namespaces: (cluster) => [loginNamespace(cluster)],
  manifests: (cluster) => [
    // Dex owns it, if it is enabled.
    ...(cluster.components.dex?.enabled === false ? [strictMutualTls()] : []),
    authorizationPolicy(),
    route(cluster),
    ...redisCa(cluster),
    ...(trustsPrivateCa(cluster)
      ? [
          caCertificate(
            cluster,
            { name: caSecret, namespace: authNamespace, annotations: early },
            `oauth2-proxy.${authNamespace}.svc`,
          ),
        ]
      : []),
  ],
  secrets: (cluster) => {
    const redis = cluster.auth.session.redis;
    return [
      {
        name: loginSecret,
        namespace: authNamespace,
        purpose: "OAuth2 Proxy's client secret (Dex reads the same) and cookie key",
        usedBy: [`${authNamespace}/oauth2-proxy`, `${authNamespace}/dex`],
        keys: {
          'client-id': { kind: 'constant', value: clientId },
          'client-secret': { kind: 'random', bytes: 32, encoding: 'base64url' },
          'cookie-secret': { kind: 'random', bytes: 32, encoding: 'base64url' },
        },
      },
      ...(redis?.password === undefined
        ? []
        : [
            {
              name: redisSecret,
              namespace: authNamespace,
              purpose: 'password of the Redis that stores sessions',
              usedBy: [`${authNamespace}/oauth2-proxy`],
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

/** https://oauth2-proxy.github.io/oauth2-proxy/configuration/alpha-config */
function alphaConfig(cluster: Cluster): Record<string, unknown> {
  const base = `https://${publicAddress(cluster).authority}/dex`;
  const inCluster = `http://dex.${authNamespace}.svc.cluster.local:5556/dex`;
  const claim = (name: string, source: Record<string, string>) => ({ name, values: [{ claimSource: source }] });
  const discovers = cluster.auth.issuer === 'gateway';
  return {
    upstreamConfig: { upstreams: [{ id: 'checked', path: '/', static: true, staticCode: 200 }] },
    injectResponseHeaders: [
      claim('kubeflow-userid', { claim: 'email' }),
      claim('kubeflow-groups', { claim: 'groups' }),
      ...(!sendsToken(cluster) ? [] : [claim('authorization', { claim: 'id_token', prefix: 'Bearer ' })]),
    ],
    providers: [
      {
        id: 'dex',
        name: 'Dex',
        provider: 'oidc',
        clientID: clientId,
        // Expanded from the environment at start; the Secret never enters Git.
        clientSecret: '${OAUTH2_PROXY_CLIENT_SECRET}',
        scope: 'openid email profile groups offline_access',
        code_challenge_method: 'S256',
        ...(cluster.auth.groups.length === 0 ? {} : { allowedGroups: cluster.auth.groups }),
        ...(discovers
          ? trustsPrivateCa(cluster)
            ? { caFiles: [`${caFolder}/ca.crt`] }
            : {}
          : { loginURL: `${base}/auth`, redeemURL: `${inCluster}/token` }),
        // With OAuth2 Proxy's default, "force", Dex would show its consent page each time.
        loginURLParameters: [{ name: 'approval_prompt', default: ['auto'] }],
        oidcConfig: {
          issuerURL: base,
          ...(discovers ? {} : { skipDiscovery: true, jwksURL: `${inCluster}/keys` }),
          emailClaim: 'email',
          groupsClaim: 'groups',
          audienceClaims: ['aud'],
          insecureSkipNonce: false,
        },
      },
    ],
  };
}

/** Flags: https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview */
function flags(cluster: Cluster): Record<string, unknown> {
  const { authority, host } = publicAddress(cluster);
  const { session, machineTokens } = cluster.auth;
  const own = ownHosts(cluster);
  return {
    'redirect-url': `https://${authority}/oauth2/callback`,
    'whitelist-domain': [authority, ...own.map((place) => place.authority)].join(','),
    'skip-provider-button': true,
    'reverse-proxy': true,
    // The mesh decides which pods may call the sidecar.
    'trusted-proxy-ip': sidecarAddresses,
    'api-route': apiRoute(cluster),
    'cookie-name': own.length === 0 ? sessionCookie : sharedSessionCookie,
    // Only then, because such a cookie is sent to every host under the platform's.
    ...(own.length === 0 ? {} : { 'cookie-domain': host }),
    'cookie-secure': true,
    'cookie-httponly': true,
    'cookie-samesite': 'lax',
    'cookie-path': '/',
    'cookie-expire': session.lifetime,
    'cookie-refresh': session.refresh,
    'cookie-csrf-expire': loginTime,
    'silence-ping-logging': true,
    ...(session.redis?.caBundle === undefined ? {} : { 'redis-ca-path': `${redisCaFolder}/ca.crt` }),
    ...(machineTokens ? { 'skip-jwt-bearer-tokens': true } : {}),
  };
}

/** API paths of pages that poll: kubeflow/notebooks' Jupyter, Pipelines' metadata (gRPC) and artifacts, TensorBoard, Katib, KServe. */
const kubeflowApis = [
  'api',
  'kfam',
  'pipeline/(apis|artifacts|k8s|system|visualizations)',
  '(pipeline/)?ml_metadata\\.[A-Za-z]+',
  'katib/(api|[a-z]+_[a-z_]+)',
  '(jupyter|volumes|tensorboards|kserve-endpoints)/api',
  'notebook/[^/]+/[^/]+/(lab/)?api',
  'tensorboard/[^/]+/[^/]+/data',
];

/**
 * Pattern of paths that programs call: they get 401, without a login page or a cookie. OAuth2 Proxy matches x-forwarded-uri
 * where it trusts that header, else the path of the request.
 */
function apiRoute(cluster: Cluster): string {
  const apps = exposedApps(cluster).flatMap(({ apiPaths }) => apiPaths);
  const own = apps.map((path) => path.slice(1, -1).replaceAll(/[.~]/g, '\\$&'));
  return `^(${programPath}/|(${checkPrefix})?/(${[...kubeflowApis, ...new Set(own)].join('|')})/)`;
}

function sessionStorage(redis: NonNullable<Cluster['auth']['session']['redis']>): Record<string, unknown> {
  return {
    type: 'redis',
    redis: {
      clientType: 'standalone',
      ...(redis.password === undefined ? {} : { existingSecret: redisSecret, passwordKey: 'redis-password' }),
      standalone: { connectionUrl: redis.url },
    },
  };
}

/** Named by its content, so that another CA starts the program again. */
function redisCa({ auth }: Cluster): KubernetesObject[] {
  const bundle = auth.session.redis?.caBundle;
  if (bundle === undefined) return [];
  const name = `oauth2-proxy-redis-ca-${createHash('sha256').update(bundle).digest('hex').slice(0, 8)}`;
  const data = { 'ca.crt': Buffer.from(bundle, 'base64').toString() };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: authNamespace, annotations: early }, data },
  ];
}

/** The CAs of the gateway and of the Redis, as files. */
function volumes(cluster: Cluster): Record<string, unknown> {
  const items = [{ key: 'ca.crt', path: 'ca.crt' }];
  const mounted = [
    ...(trustsPrivateCa(cluster)
      ? [{ volume: { name: 'ca', secret: { secretName: caSecret, items } }, mountPath: caFolder }]
      : []),
    ...redisCa(cluster).map(({ metadata: { name } }) => ({
      volume: { name: 'redis-ca', configMap: { name, items } },
      mountPath: redisCaFolder,
    })),
  ];
  if (mounted.length === 0) return {};
  return {
    extraVolumes: mounted.map(({ volume }) => volume),
    extraVolumeMounts: mounted.map(({ volume, mountPath }) => ({ name: volume.name, mountPath, readOnly: true })),
  };
}

/** Admits only the gateway. */
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

function route(cluster: Cluster): KubernetesObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'oauth2-proxy', namespace: authNamespace },
    spec: {
      hosts: [publicAddress(cluster).host],
      gateways: [`${gatewayNamespace}/${gatewayName}`],
      http: [
        {
          match: [{ uri: { exact: signedOutPath } }],
          headers: { response: { set: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' } } },
          directResponse: { status: 200, body: { string: signedOutPage } },
        },
        {
          match: [{ uri: { prefix: '/oauth2/' } }],
          route: [{ destination: { host: `oauth2-proxy.${authNamespace}.svc.cluster.local`, port: { number: 80 } } }],
        },
      ],
    },
  };
}

/** Whether OAuth2 Proxy needs the private CA to reach Dex through the gateway: decides on the volume, its Certificate and the flag. */
function trustsPrivateCa(cluster: Cluster): boolean {
  return cluster.auth.issuer === 'gateway' && hasPrivateCa(cluster);
}
