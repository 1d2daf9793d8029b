import type { Cluster } from '../config/cluster.ts';
import type { KubernetesObject } from './component.ts';
import { issuerRef } from './issuer.ts';

/**
 * Whether programs need a private CA to trust the gateway's certificate. They trust ACME certificates
 * already; for an existing issuer, `tls.existingIssuer.trust` decides, and the schema requires it where it matters.
 */
export function hasPrivateCa(cluster: Cluster): boolean {
  const { acme, existingIssuer } = cluster.tls;
  return acme === undefined && existingIssuer?.trust !== 'public';
}

/**
 * A Certificate that is never served: it copies the CA's certificate (`ca.crt`) into a namespace, and keeps it current.
 *
 * @param metadata metadata of the Certificate; its Secret has the same name
 * @param dnsName a cluster-internal name, which only a private CA signs
 * @param labels labels of the Secret
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
      issuerRef: issuerRef(cluster),
    },
  };
}
