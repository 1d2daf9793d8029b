import type { Cluster } from '../config/cluster.ts';
import type { SecretSpec } from './component.ts';
import { gatewayNamespace } from './domain.ts';
import { ownCertificate } from './private-ca.ts';
import { sessionHosts, userCodeAddress } from './user-code.ts';

/** @returns all hosts that the gateway serves; none while the platform's host is not known */
function servedHosts(cluster: Cluster): string[] {
  if (cluster.knownHost === undefined) return [];
  const code = userCodeAddress(cluster);
  const hosts = [...sessionHosts(cluster), ...(code === undefined ? [] : [code])].map(({ host }) => host);
  return [...hosts, ...cluster.redirectHosts];
}

/** @returns the Secret with `tls.certificate`, which serves all hosts; none where certificates are issued */
export function certificateSecrets(cluster: Cluster): SecretSpec[] {
  const { certificate } = cluster.tls;
  if (certificate === undefined) return [];
  const { chain, key, ca } = certificate;
  return [
    {
      name: ownCertificate,
      namespace: gatewayNamespace,
      purpose: 'your own certificate',
      type: 'kubernetes.io/tls',
      keys: {
        'tls.crt': { kind: 'reference', from: chain, check: 'served', hosts: servedHosts(cluster) },
        'tls.key': { kind: 'reference', from: key, check: 'private-key' },
        ...(ca === undefined ? {} : { 'ca.crt': { kind: 'reference', from: ca, check: 'ca' } }),
      },
    },
  ];
}

/**
 * Where one certificate covers several hosts, browsers send requests for all of them through one connection (RFC 9113, section 9.1.1), and
 * Envoy knows only the routes of the host that it was opened for: istio/istio#13589.
 */
export function sharesConnections(cluster: Cluster): boolean {
  return cluster.tls.certificate !== undefined && servedHosts(cluster).length > 1;
}
