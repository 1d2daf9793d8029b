import type { Cluster } from '../config/cluster.ts';
import type { KubernetesObject, SecretSpec } from './component.ts';
import { issuerRef } from './issuer.ts';

/** Secret with the certificate that `tls.certificate` names, in the gateway's namespace. */
export const ownCertificate = 'platform-certificate';

/**
 * Whether programs need a private CA to trust the gateway's certificate. They trust ACME certificates
 * already; for an existing issuer, `tls.existingIssuer.trust` decides, and the schema requires it where it matters.
 */
export function hasPrivateCa(cluster: Cluster): boolean {
  const { acme, certificate, issuer, existingIssuer } = cluster.tls;
  if (certificate !== undefined) return certificate.ca !== undefined;
  return acme === undefined && (issuer ?? existingIssuer)?.trust !== 'public';
}

/**
 * A Certificate that is never served: it copies the CA's certificate (`ca.crt`) into a namespace, and keeps it current. With
 * `tls.certificate` the bootstrap writes that Secret (`caSecrets`), and there is none.
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
): KubernetesObject[] {
  if (cluster.tls.certificate !== undefined) return [];
  return [
    {
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
    },
  ];
}

/** @returns the Secret with the CA of `tls.certificate` for one program; none where a Certificate copies it */
export function caSecrets(cluster: Cluster, secret: Omit<SecretSpec, 'keys' | 'purpose'>): SecretSpec[] {
  const ca = cluster.tls.certificate?.ca;
  if (ca === undefined) return [];
  const purpose = 'the CA of your own certificate';
  return [{ ...secret, purpose, keys: { 'ca.crt': { kind: 'reference', from: ca, check: 'ca' } } }];
}
