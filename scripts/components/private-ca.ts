import type { Cluster } from '../config/cluster.ts';
import type { KubernetesObject } from './component.ts';
import { clusterIssuerName } from './issuer.ts';

/**
 * Whether programs trust the gateway's certificate only with a CA that they are given. What an ACME server signs is trusted
 * already; of an issuer that exists, `tls.existingIssuer.trust` says it, and the schema asks for it where it matters.
 */
export function hasPrivateCa(cluster: Cluster): boolean {
  const { acme, existingIssuer } = cluster.tls;
  return acme === undefined && existingIssuer?.trust !== 'public';
}

/**
 * A Certificate that is never served: it brings the CA's own certificate (`ca.crt`) into a namespace, and keeps it current.
 *
 * @param metadata of the Certificate; its Secret has the same name
 * @param dnsName a name inside the cluster, which only a private CA signs
 * @param labels of the Secret
 */
export function caCertificate(
  cluster: Cluster,
  metadata: KubernetesObject['metadata'],
  dnsName: string,
  labels?: Readonly<Record<string, string>>,
): KubernetesObject {
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata,
    spec: {
      secretName: metadata.name,
      ...(labels === undefined ? {} : { secretTemplate: { labels } }),
      duration: cluster.tls.duration,
      renewBefore: cluster.tls.renewBefore,
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      dnsNames: [dnsName],
      usages: ['client auth'],
      issuerRef: { group: 'cert-manager.io', kind: 'ClusterIssuer', name: clusterIssuerName(cluster) },
    },
  };
}
