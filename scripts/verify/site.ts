import { publicAddress } from '../components/address.ts';
import { exposedApps, ownHosts } from '../components/apps/place.ts';
import {
  appMarker,
  claimedIdentities,
  identityHeaders,
  sessionCookie,
  sharedSessionCookie,
  userCodeCookie,
} from '../components/identity.ts';
import type { Platform } from '../components/platform.ts';
import { sharesCookie, userCodeAddress } from '../components/user-code.ts';
import type { Cluster } from '../config/cluster.ts';
import { componentFacts } from '../config/schema/component-facts.ts';
import { RunError, UsageError } from '../report/errors.ts';
import type { Target } from './client.ts';
import type { Place, PlatformSite } from './known.ts';

/** Address of the platform, from the command line. */
export interface Where {
  /** Default: the address from cluster.yaml. */
  url?: string;
  /** IP address or name to connect to, for a host without DNS. */
  address?: string;
  /** PEM; undefined: the CAs that Node trusts. */
  ca?: string;
}

/**
 * @returns a cluster's platform as its config describes it
 * @throws RunError while the host is not known; UsageError for an invalid address
 */
export function siteOf(platform: Platform, where: Where = {}): { site: PlatformSite; target: Target } {
  const { cluster } = platform;
  const { host, authority, port } = addressOf(cluster, where.url);
  const origin = `https://${authority}`;
  return {
    site: {
      host,
      authority,
      origin,
      places: placesOf(platform),
      connector: cluster.auth.users.length > 0 ? 'local' : (cluster.auth.connectors[0]?.id ?? 'local'),
      sessionCookie: sharesCookie(cluster) ? sharedSessionCookie : sessionCookie,
      ...loginsOf(cluster, authority),
      identityHeaders: claimedIdentities,
      userHeader: identityHeaders[0],
      appMarker,
      groupsHeader: identityHeaders[1],
      machineTokens: cluster.auth.machineTokens,
    },
    target: {
      host,
      authority,
      address: where.address ?? host,
      port,
      plainPort: cluster.loadBalancer.nodePort?.http ?? 80,
      ...(where.ca === undefined ? {} : { ca: where.ca }),
    },
  };
}

/** Where logins may end: at the platform's host, and at those with a session of their own. */
function loginsOf(cluster: Cluster, authority: string): Pick<PlatformSite, 'logins' | 'userCode'> {
  const code = userCodeAddress(cluster);
  if (code === undefined) return { logins: [authority] };
  const own = ownHosts(cluster).map((place) => place.authority);
  return {
    logins: [authority, ...own, code.authority],
    userCode: { host: code.host, authority: code.authority, sessionCookie: userCodeCookie },
  };
}

function addressOf(cluster: Cluster, url: string | undefined): { host: string; authority: string; port: number } {
  if (url !== undefined) return parseUrl(url);
  if (cluster.knownHost === undefined) {
    throw new RunError(`the host of ${cluster.name} is not known yet`, {
      hint: 'Run npm run bootstrap -- --wait first, or pass the address: --url https://…',
    });
  }
  return publicAddress(cluster);
}

function parseUrl(text: string): { host: string; authority: string; port: number } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    url.protocol !== 'https:' ||
    url.pathname !== '/' ||
    url.username !== '' ||
    url.search !== ''
  )
    throw new UsageError(`--url ${text} is not a valid platform URL`, {
      hint: 'For example https://kubeflow.example.com',
    });
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    authority: url.host,
    port: url.port === '' ? 443 : Number(url.port),
  };
}

function placesOf({ cluster, enabled }: Platform): Place[] {
  const kubeflow = enabled.flatMap(({ name }): Place[] => {
    const path = (componentFacts as Readonly<Record<string, { page?: string }>>)[name]?.page;
    return path === undefined ? [] : [{ name, path }];
  });
  const apps = exposedApps(cluster).map(
    ({ name, path, host, authority, everyone, groups, emails, headers }): Place => ({
      name: `app-${name}`,
      path,
      headers,
      ...(everyone ? {} : { access: { groups, emails } }),
      ...(host === cluster.knownHost ? {} : { own: { host, authority } }),
    }),
  );
  const root: Place[] = kubeflow.some(({ path }) => path === '/') ? [] : [{ name: 'root', path: '/' }];
  return [...root, ...kubeflow, ...apps];
}

/** Everything that the tree publishes on the gateway, each as `namespace/name`. */
export interface GatewayObjects {
  gateways: readonly string[];
  /** Gateways of plain HTTP, and the VirtualServices bound to them. */
  plainGateways: readonly string[];
  plainRoutes: readonly string[];
}

/** @returns the Gateways that a cluster's tree renders, and its routes on port 80 */
export function publishedBy({ cluster, placed }: Platform): GatewayObjects {
  const objects = placed.flatMap(({ component }) =>
    (component.manifests?.(cluster) ?? []).map(({ kind, metadata, spec }) => ({
      id: `${metadata.namespace ?? component.namespace(cluster)}/${metadata.name}`,
      kind,
      spec,
    })),
  );
  const gateways = objects.filter(({ kind }) => kind === 'Gateway');
  const plainGateways = gateways.filter(({ spec }) => serves80(spec)).map(({ id }) => id);
  const plainRoutes = objects
    .filter(({ kind }) => kind === 'VirtualService')
    .filter(({ id, spec }) => boundTo(spec, id).some((name) => plainGateways.includes(name)));
  return { gateways: gateways.map(({ id }) => id), plainGateways, plainRoutes: plainRoutes.map(({ id }) => id) };
}

function serves80(spec: unknown): boolean {
  const { servers } = spec as { servers: readonly { port: { number: number } }[] };
  return servers.some(({ port }) => port.number === 80);
}

function boundTo(spec: unknown, id: string): string[] {
  const { gateways = [] } = spec as { gateways?: readonly string[] };
  return gateways.map((name) => (name.includes('/') ? name : `${id.split('/')[0]}/${name}`));
}
