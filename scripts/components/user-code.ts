import type { Cluster } from '../config/cluster.ts';
import { userCodeLabel } from '../config/schema/host.ts';
import { codePaths } from '../config/schema/reserved.ts';
import { type PublicAddress, publicAddress } from './address.ts';
import { ownHosts } from './apps/place.ts';
import type { KubernetesObject } from './component.ts';
import { gatewayName, gatewayNamespace } from './domain.ts';
import { servedHost } from './served-host.ts';

/** Names of the objects for the host of users' code. */
const name = 'user-code';

/**
 * Code that users run can do whatever its visitor's browser may do on its host. With `auth.userCodeHost` that is a host of its own, with
 * another client at Dex, another cookie and another key, so that neither a session nor a login's code from there is worth anything elsewhere.
 *
 * @returns the host's address; undefined while the option is off, or before the platform's host is known
 */
export function userCodeAddress(cluster: Cluster): PublicAddress | undefined {
  return cluster.auth.userCodeHost && cluster.knownHost !== undefined ? belowPlatform(cluster) : undefined;
}

/**
 * @returns the host's address, whether or not the option is on
 * @throws Error when the platform's host is not known yet
 */
export function belowPlatform(cluster: Cluster): PublicAddress {
  const { host, authority, port } = publicAddress(cluster);
  return { host: `${userCodeLabel}.${host}`, authority: `${userCodeLabel}.${authority}`, port, isAddress: false };
}

/** @returns host and Gateway (as `namespace/name`) of the routes to users' code */
export function userCodeRoute(cluster: Cluster): { host: string; gateway: string } {
  const own = userCodeAddress(cluster);
  return {
    host: (own ?? publicAddress(cluster)).host,
    gateway: `${gatewayNamespace}/${own === undefined ? gatewayName : name}`,
  };
}

/**
 * Hosts with a session of the platform. They share one cookie, unless users' code has its own host: a page there could replace a shared
 * cookie, so each host then has its own.
 *
 * @returns the platform's address, then those of apps
 */
export function sessionHosts(cluster: Cluster): PublicAddress[] {
  return [publicAddress(cluster), ...ownHosts(cluster)];
}

/** @returns whether one cookie serves several hosts */
export function sharesCookie(cluster: Cluster): boolean {
  return !cluster.auth.userCodeHost && ownHosts(cluster).length > 0;
}

/** @returns certificate, Gateways and redirects of the host of users' code; empty while the option is off */
export function userCodeHost(cluster: Cluster): KubernetesObject[] {
  const own = userCodeAddress(cluster);
  if (own === undefined) return [];
  return [
    ...servedHost(cluster, {
      ...own,
      secret: `${name}-tls`,
      gateway: name,
      plain: `${name}-redirect`,
      redirect: `${name}-redirect`,
      suffix: `-${name}`,
    }),
    moved(cluster, own),
  ];
}

/** On the platform's host, links of Kubeflow's pages lead on to the other host. A page's script that calls these paths gets nothing. */
function moved(cluster: Cluster, { authority }: PublicAddress): KubernetesObject {
  const reading = { method: { regex: 'GET|HEAD' } };
  const opened = [
    { ...reading, headers: { 'sec-fetch-mode': { exact: 'navigate' } } },
    // Programs and old browsers do not say it.
    { ...reading, withoutHeaders: { 'sec-fetch-mode': {} } },
  ];
  const uris = codePaths.map((prefix) => ({ uri: { prefix } }));
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace: gatewayNamespace },
    spec: {
      hosts: [publicAddress(cluster).host],
      gateways: [gatewayName],
      http: [
        {
          match: uris.flatMap((uri) => opened.map((how) => ({ ...uri, ...how }))),
          redirect: { authority, redirectCode: 302 },
        },
        { match: uris, directResponse: { status: 404 } },
      ],
    },
  };
}
