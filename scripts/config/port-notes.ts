import type { Cluster } from './cluster.ts';

/**
 * Says what else has to lead to the gateway for ACME: it proves the host on port 80, which no node port is. What stands in front of the
 * nodes cannot be seen from a configuration, so this is a note and not a finding.
 *
 * @returns sentences that begin with a file
 */
export function portNotes(cluster: Cluster): string[] {
  const ports = cluster.loadBalancer.nodePort;
  if (cluster.tls.acme === undefined || ports === undefined) return [];
  return [
    `${cluster.folder}/cluster.yaml: tls.acme proves ${cluster.host} on port 80, and the gateway is at loadBalancer.nodePort.http (${ports.http}): something in front of the nodes must lead port 80 there.`,
  ];
}
