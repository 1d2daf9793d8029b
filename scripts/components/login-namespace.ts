import type { Cluster } from '../config/cluster.ts';
import type { KubernetesObject, NamespaceSpec } from './component.ts';
import { authNamespace } from './domain.ts';

/** The namespace of Dex and OAuth2 Proxy. Both own it, so that it stays while either is enabled. */
export function loginNamespace(cluster: Cluster): NamespaceSpec {
  return {
    name: authNamespace,
    labels: {
      'istio-injection': 'enabled',
      ...(cluster.istio.cni.enabled ? { 'pod-security.kubernetes.io/enforce': 'restricted' } : {}),
    },
  };
}

/** Requires mutual TLS of callers of the login's pods. */
export function strictMutualTls(): KubernetesObject {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: { name: 'default', namespace: authNamespace },
    spec: { mtls: { mode: 'STRICT' } },
  };
}
