import { isIP } from 'node:net';
import type { Cluster } from '../config/cluster.ts';
import { authorityOf, publicPort } from '../config/schema/host.ts';

/** Public address of the platform. */
export interface PublicAddress {
  /** DNS name or IP address. */
  host: string;
  /** The host in URL form: IPv6 addresses in brackets, with the port unless it is 443. */
  authority: string;
  /** The port in it, 443 where it names none. */
  port: number;
  isAddress: boolean;
}

/**
 * @throws Error when the host is not known yet: components that call this must set `needsHost`
 */
export function publicAddress(cluster: Cluster): PublicAddress {
  const host = cluster.knownHost;
  if (host === undefined) throw new Error('a component that needs the host was rendered before the host is known');
  const { loadBalancer } = cluster;
  const [authority, port] = [authorityOf(host, loadBalancer), publicPort(loadBalancer)];
  return { host, authority, port, isAddress: isIP(host) !== 0 };
}
