import { createHash } from 'node:crypto';
import type { Cluster } from '../config/cluster.ts';
import { publicAddress } from './address.ts';
import { exposedApps, sendsToken } from './apps/place.ts';
import { restartsWith } from './branding/pages-object.ts';
import { proxyPages, proxyPagesFolder } from './branding/proxy-pages.ts';
import type { KubernetesObject } from './component.ts';
import { authNamespace, early } from './domain.ts';
import { checkPrefix, programPath } from './identity.ts';
import { clientId, type LoginProxy, leadsBackTo, loginTime, sidecarAddresses } from './login-proxy.ts';
import { mirrorImage, splitImage } from './mirrors.ts';
import { hasPrivateCa } from './private-ca.ts';
import { chartUpstream, imageTag } from './upstream.ts';

/** Secret with the password of the Redis. */
export const redisSecret = 'oauth2-proxy-redis';
/** Secret with the CA of the gateway's certificate. */
export const proxyCaSecret = 'oauth2-proxy-ca';
const caFolder = '/etc/breakwater/ca';
const redisCaFolder = '/etc/breakwater/redis';

/** @returns values of OAuth2 Proxy's chart */
export function proxyValues(cluster: Cluster, proxy: LoginProxy): Record<string, unknown> {
  const pinned = chartUpstream(cluster, 'oauth2-proxy').image;
  return {
    fullnameOverride: proxy.name,
    ...(pinned === undefined
      ? {}
      : { image: { ...splitImage(mirrorImage(cluster, pinned.repository)), tag: imageTag(pinned) } }),
    config: { existingSecret: proxy.name, emailDomains: cluster.auth.emailDomains, forceLegacyConfig: false },
    alphaConfig: { enabled: true, configData: alphaConfig(cluster, proxy) },
    extraArgs: flags(cluster, proxy),
    ...(cluster.auth.session.redis === undefined ? {} : { sessionStorage: sessionStorage(cluster.auth.session.redis) }),
    podAnnotations: restartsWith(proxyPages(cluster)),
    ...volumes(cluster),
  };
}

/** https://oauth2-proxy.github.io/oauth2-proxy/configuration/alpha-config */
function alphaConfig(cluster: Cluster, proxy: LoginProxy): Record<string, unknown> {
  const base = `https://${publicAddress(cluster).authority}/dex`;
  const inCluster = `http://dex.${authNamespace}.svc.cluster.local:5556/dex`;
  const claim = (name: string, source: Record<string, string>) => ({ name, values: [{ claimSource: source }] });
  const discovers = cluster.auth.issuer === 'gateway';
  return {
    upstreamConfig: { upstreams: [{ id: 'checked', path: '/', static: true, staticCode: 200 }] },
    injectResponseHeaders: [
      claim('kubeflow-userid', { claim: 'email' }),
      claim('kubeflow-groups', { claim: 'groups' }),
      ...(!proxy.ofPlatform || !sendsToken(cluster)
        ? []
        : [claim('authorization', { claim: 'id_token', prefix: 'Bearer ' })]),
    ],
    providers: [
      {
        id: 'dex',
        name: 'Dex',
        provider: 'oidc',
        clientID: proxy.name,
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
          // Programs have tokens for the platform, and they are good here, too; never the other way round.
          ...(cluster.auth.machineTokens && !proxy.ofPlatform ? { extraAudiences: [clientId] } : {}),
          insecureSkipNonce: false,
        },
      },
    ],
  };
}

/** Flags: https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview */
function flags(cluster: Cluster, proxy: LoginProxy): Record<string, unknown> {
  const { session, machineTokens } = cluster.auth;
  return {
    'redirect-url': proxy.redirectUrl,
    'whitelist-domain': leadsBackTo(cluster).join(','),
    'skip-provider-button': true,
    'reverse-proxy': true,
    // The mesh decides which pods may call the sidecar.
    'trusted-proxy-ip': sidecarAddresses,
    'api-route': apiRoute(cluster),
    'cookie-name': proxy.cookie,
    // Only then, because such a cookie is sent to every host under the platform's.
    ...(proxy.cookieDomain === undefined ? {} : { 'cookie-domain': proxy.cookieDomain }),
    'cookie-secure': true,
    'cookie-httponly': true,
    'cookie-samesite': 'lax',
    'cookie-path': '/',
    'cookie-expire': session.lifetime,
    'cookie-refresh': session.refresh,
    'cookie-csrf-expire': loginTime,
    'silence-ping-logging': true,
    'custom-templates-dir': proxyPagesFolder,
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

/** @returns the ConfigMap with the Redis's CA, if it has its own; named by its content, so that another CA starts the program again */
export function redisCa({ auth }: Cluster): KubernetesObject[] {
  const bundle = auth.session.redis?.caBundle;
  if (bundle === undefined) return [];
  const name = `oauth2-proxy-redis-ca-${createHash('sha256').update(bundle).digest('hex').slice(0, 8)}`;
  const data = { 'ca.crt': Buffer.from(bundle, 'base64').toString() };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: authNamespace, annotations: early }, data },
  ];
}

/** The pages, and the CAs of the gateway and of the Redis. */
function volumes(cluster: Cluster): Record<string, unknown> {
  const items = [{ key: 'ca.crt', path: 'ca.crt' }];
  const mounted = [
    {
      volume: { name: 'pages', configMap: { name: proxyPages(cluster).metadata.name } },
      mountPath: proxyPagesFolder,
    },
    ...(trustsPrivateCa(cluster)
      ? [{ volume: { name: 'ca', secret: { secretName: proxyCaSecret, items } }, mountPath: caFolder }]
      : []),
    ...redisCa(cluster).map(({ metadata: { name } }) => ({
      volume: { name: 'redis-ca', configMap: { name, items } },
      mountPath: redisCaFolder,
    })),
  ];
  return {
    extraVolumes: mounted.map(({ volume }) => volume),
    extraVolumeMounts: mounted.map(({ volume, mountPath }) => ({ name: volume.name, mountPath, readOnly: true })),
  };
}

/** @returns whether OAuth2 Proxy needs the private CA to reach Dex through the gateway: decides on the volume, its Certificate and the flag. */
export function trustsPrivateCa(cluster: Cluster): boolean {
  return cluster.auth.issuer === 'gateway' && hasPrivateCa(cluster);
}
