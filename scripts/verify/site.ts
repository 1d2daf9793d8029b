import { publicAddress } from '../components/address.ts';
import { forbiddenHeaders, forbiddenPrefix, identityHeaders, sessionCookie } from '../components/identity.ts';
import { enabledComponents } from '../components/index.ts';
import type { Cluster } from '../config/cluster.ts';
import { RunError, UsageError } from '../report/errors.ts';
import type { Target } from './client.ts';
import type { Place, Site } from './known.ts';

/** Where the platform is looked for, as the command line says. */
export interface Where {
  /** Instead of the address that follows from cluster.yaml. */
  url?: string;
  /** IP address (or name) to connect to, for a host without DNS. */
  address?: string;
  /** PEM; undefined: the CAs that Node trusts. */
  ca?: string;
}

/** What OAuth2 Proxy and its like emit under the prefix that is removed as a whole. */
const prefixed = ['user', 'email', 'groups', 'preferred-username', 'access-token', 'redirect'];

/** Paths of Kubeflow's web applications behind the gateway: the prefixes of their VirtualServices. */
const kubeflowPaths: Readonly<Record<string, string>> = {
  'kubeflow-dashboard': '/',
  'kubeflow-profiles': '/kfam/',
  'kubeflow-notebooks': '/jupyter/',
  'kubeflow-volumes': '/volumes/',
  'kubeflow-tensorboards': '/tensorboards/',
  'kubeflow-pipelines': '/pipeline/',
  'kubeflow-katib': '/katib/',
  'kubeflow-serving': '/kserve-endpoints/',
};

/**
 * @returns what is known of a cluster's platform without asking it
 * @throws RunError while the host is not known; UsageError for an address that is none
 */
export function siteOf(cluster: Cluster, where: Where = {}): { site: Site; target: Target } {
  const { host, authority, port } = addressOf(cluster, where.url);
  const origin = `https://${authority}`;
  return {
    site: {
      host,
      authority,
      origin,
      places: placesOf(cluster),
      connector: cluster.auth.users.length > 0 ? 'local' : (cluster.auth.connectors[0]?.id ?? 'local'),
      sessionCookie,
      identityHeaders: [
        ...forbiddenHeaders.filter((name) => name !== 'x-forwarded-host'),
        ...prefixed.map((name) => forbiddenPrefix + name),
      ],
      userHeader: identityHeaders[0],
      groupsHeader: identityHeaders[1],
      machineTokens: cluster.auth.machineTokens,
      tokenPaths: cluster.auth.tokenExceptions.map(({ path }) => path),
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

function addressOf(cluster: Cluster, url: string | undefined): { host: string; authority: string; port: number } {
  if (url !== undefined) return parseUrl(url);
  if (cluster.knownHost === undefined) {
    throw new RunError(`the host of ${cluster.name} is not known yet`, {
      hint: 'Run npm run bootstrap -- --wait first, or name the address: --url https://…',
    });
  }
  const { host, authority } = publicAddress(cluster);
  return { host, authority, port: Number(/:(\d+)$/.exec(authority.replace(/^\[.*\]/, ''))?.[1] ?? 443) };
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
    throw new UsageError(`--url ${text} is no address of a platform`, {
      hint: 'For example https://kubeflow.example.com',
    });
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    authority: url.host,
    port: url.port === '' ? 443 : Number(url.port),
  };
}

function placesOf(cluster: Cluster): Place[] {
  const kubeflow = enabledComponents(cluster).flatMap(({ name }): Place[] => {
    const path = kubeflowPaths[name];
    return path === undefined ? [] : [{ name, path }];
  });
  return kubeflow.some(({ path }) => path === '/') ? kubeflow : [{ name: 'root', path: '/' }, ...kubeflow];
}
