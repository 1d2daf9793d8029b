import type { Cluster } from '../config/cluster.ts';
import { istioPlatform } from '../config/schema/kubernetes.ts';
import { servesChallenges } from '../config/schema/tls.ts';
import { hasOwnHosts, sendsToken } from './apps/place.ts';
import type { Component } from './component.ts';
import { authNamespace, gatewayRelease, gatewaySelector, meshNamespace } from './domain.ts';
import { authProvider, gatewayLock, userCodeProvider } from './gate.ts';
import { returnHeader } from './gateway-filters.ts';
import { checkPrefix, identityHeaders } from './identity.ts';
import { mirrorImage } from './mirrors.ts';
import { chartSource } from './upstream.ts';

/** Variable that lets istiod ask several checks for one gateway: istio.io/istio, pilot/pkg/features/security.go. */
export const severalProviders = 'PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS';

/** istiod: the mesh's control plane, with OAuth2 Proxy as an external authorizer. */
export const istiod: Component = {
  name: 'istiod',
  summary: "the mesh's control plane",
  folder: 'infrastructure/istiod',
  namespace: () => meshNamespace,
  dependsOn: ['istio-base'],
  sources: (cluster) => [chartSource(cluster, 'istiod', 'istiod')],
  pullSecretsIn: 'global names',
  values: (cluster) => {
    const hub = mirrorImage(cluster, 'docker.io/istio');
    const platform = istioPlatform(cluster.kubernetes);
    const global = {
      ...(platform === undefined ? {} : { platform }),
      ...(hub === 'docker.io/istio' ? {} : { hub }),
      ...(cluster.istio.cni.enabled ? { proxy: { seccompProfile: { type: 'RuntimeDefault' } } } : {}),
    };
    return {
      // The same in istio-base: https://github.com/istio/istio/issues/52785
      base: { validationFailurePolicy: 'Fail' },
      // By itself istiod waits for Kubernetes 1.33 on every node. As a usual container a sidecar keeps a Job from ending, and an init
      // container from the network; a native one is there since 1.29.
      pilot: {
        env: {
          ENABLE_NATIVE_SIDECARS: 'true',
          // Without it, istiod refuses every request to a gateway with two checks.
          ...(cluster.auth.userCodeHost ? { [severalProviders]: 'true' } : {}),
        },
      },
      ...(cluster.istio.cni.enabled ? { cni: { enabled: true } } : {}),
      ...(Object.keys(global).length === 0 ? {} : { global }),
      meshConfig: meshConfig(cluster),
    };
  },
  manifests: (cluster) => [gatewayLock(cluster)],
  clusterKinds: () => [
    'rbac.authorization.k8s.io/ClusterRole',
    'rbac.authorization.k8s.io/ClusterRoleBinding',
    'admissionregistration.k8s.io/MutatingWebhookConfiguration',
    'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  ],
  readyWithinSeconds: 300,
};

/**
 * Node ends a connection that was idle for five seconds. A request that the gateway sends on it in that moment is lost, and cannot be
 * repeated without knowing what it did: so every proxy ends its idle connections sooner. Older than Istio 1.31, istiod ignores it.
 *
 * https://nodejs.org/api/http.html#serverkeepalivetimeout
 */
const idleConnectionsEnd = { connectionPool: { http: { idleTimeout: '4s' } } };

/**
 * Each group of a person adds some 190 bytes to the session's cookies, as two tokens hold it, and 90 to the check's answer. Envoy's default
 * of 60 KiB holds 300 groups of 37 letters; this holds 900. In Envoy's runtime, because the gateway, the sidecar of OAuth2 Proxy and
 * the cluster between them have a limit each.
 */
const headersKb = '256';

function meshConfig(cluster: Cluster): Record<string, unknown> {
  return {
    // Without it, paths like /dex/../x would match the exclusions of the gateway's policy.
    pathNormalization: { normalization: 'DECODE_AND_MERGE_SLASHES' },
    defaultTrafficPolicy: idleConnectionsEnd,
    defaultConfig: {
      holdApplicationUntilProxyStarts: true,
      runtimeValues: {
        'envoy.reloadable_features.max_request_headers_size_kb': headersKb,
        'envoy.reloadable_features.max_response_headers_size_kb': headersKb,
      },
      ...(cluster.istio.trustedProxies === 0
        ? {}
        : { gatewayTopology: { numTrustedProxies: cluster.istio.trustedProxies } }),
    },
    extensionProviders: [
      checkProvider(cluster, authProvider, 'oauth2-proxy'),
      ...(cluster.auth.userCodeHost ? [checkProvider(cluster, userCodeProvider, 'oauth2-proxy-apps')] : []),
    ],
    // cert-manager solves ACME challenges with an Ingress; the issuer's admission policy refuses all others.
    ...(servesChallenges(cluster.tls)
      ? {
          ingressControllerMode: 'STRICT',
          ingressClass: 'istio',
          ingressService: gatewayRelease,
          ingressSelector: gatewaySelector.istio,
        }
      : {}),
  };
}

/** An OAuth2 Proxy, as Envoy asks it about each request. */
function checkProvider(cluster: Cluster, name: string, service: string): Record<string, unknown> {
  return {
    name,
    envoyExtAuthzHttp: {
      service: `${service}.${authNamespace}.svc.cluster.local`,
      port: 80,
      timeout: '5s',
      failOpen: false,
      // Fails closed: without OAuth2 Proxy nothing is served.
      statusOnError: '403',
      // The prefix keeps requests away from OAuth2 Proxy's own paths: oauth2-proxy/oauth2-proxy#3083.
      pathPrefix: checkPrefix,
      includeRequestHeadersInCheck: [
        ...(cluster.auth.machineTokens ? ['authorization'] : []),
        'cookie',
        'accept',
        'x-forwarded-uri',
        ...(hasOwnHosts(cluster) && !cluster.auth.userCodeHost ? [returnHeader] : []),
      ],
      headersToUpstreamOnAllow: [
        ...identityHeaders,
        ...(name === authProvider && sendsToken(cluster) ? ['authorization'] : []),
      ],
      headersToDownstreamOnAllow: ['set-cookie'],
      headersToDownstreamOnDeny: ['set-cookie', 'content-type', 'location'],
    },
  };
}
