import type { Cluster } from './cluster.ts';
import { servesChallenges } from './schema/tls.ts';

/**
 * Warns that ACME needs port 80, which cannot be a node port. The configuration does not show what forwards to the
 * nodes, so this is a note and not a finding.
 *
 * @returns sentences that start with a file
 */
export function portNotes(cluster: Cluster): string[] {
  const ports = cluster.loadBalancer.nodePort;
  if (!servesChallenges(cluster.tls) || ports === undefined) return [];
  return [
    `${cluster.folder}/cluster.yaml: tls.acme validates ${cluster.host} on port 80, and the gateway listens on loadBalancer.nodePort.http (${ports.http}): a load balancer or firewall in front of the nodes must forward port 80 to it.`,
  ];
}
