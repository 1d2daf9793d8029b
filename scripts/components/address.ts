import { isIP } from 'node:net';
import type { Cluster } from '../config/cluster.ts';
import { authorityOf } from '../config/schema/host.ts';

/** Where people reach the platform. */
export interface PublicAddress {
  /** DNS name or IP address. */
  host: string;
  /** The host as it stands in a URL: an IPv6 address in brackets, with the port when it is not 443. */
  authority: string;
  isAddress: boolean;
}

/**
 * @throws Error when the host is not known yet: a component that asks must say `needsHost`
 */
export function publicAddress(cluster: Cluster): PublicAddress {
  const host = cluster.knownHost;
  if (host === undefined) throw new Error('a component that needs the host was rendered before the host is known');
  return { host, authority: authorityOf(host, cluster.loadBalancer), isAddress: isIP(host) !== 0 };
}
