import type { Cluster } from '../config/cluster.ts';
import { publicAddress } from './address.ts';
import { ownHosts } from './apps/place.ts';
import type { SecretSpec } from './component.ts';
import { authNamespace } from './domain.ts';
import { sessionCookie, sharedSessionCookie, userCodeCookie } from './identity.ts';
import { signedOutPage, signedOutPath } from './signed-out-page.ts';
import { belowPlatform, sessionHosts, sharesCookie, userCodeAddress } from './user-code.ts';

/** Client id of the platform's OAuth2 Proxy at Dex. */
export const clientId = 'oauth2-proxy';
/** Name of the OAuth2 Proxy for users' code, and its client id. */
export const userCodeClientId = 'oauth2-proxy-apps';

/** Source addresses of all requests behind a sidecar: istio.io/istio, pilot/pkg/util/network (InboundPassthroughBindIpv4, …Ipv6). */
export const sidecarAddresses = '127.0.0.6/32,::6/128';

/** Time a user has to log in. */
export const loginTime = '15m';

const callback = '/oauth2/callback';

/**
 * One OAuth2 Proxy: the platform's, or that of the host of users' code. OAuth2 Proxy does not tie a session to a host, so anyone who runs code
 * on a host can take a login's code there and use the session anywhere: the other host needs another client, cookie and key.
 */
export interface LoginProxy {
  /** Name of its Application, Deployment, Service and Secret, and its client id at Dex. */
  name: string;
  /** Whether it is the platform's. */
  ofPlatform: boolean;
  /** Name of its session cookie. */
  cookie: string;
  /** Domain of the cookie; absent: the host that sets it. */
  cookieDomain?: string;
  /** Address to which Dex sends codes; a path: on the host where the login began. */
  redirectUrl: string;
  /** All addresses to which Dex may send its codes. */
  redirects: readonly string[];
}

/** @returns the OAuth2 Proxy of the platform and its apps */
export function platformProxy(cluster: Cluster): LoginProxy {
  const { authority, host } = publicAddress(cluster);
  const shared = sharesCookie(cluster);
  const own = `https://${authority}${callback}`;
  const several = !shared && ownHosts(cluster).length > 0;
  return {
    name: clientId,
    ofPlatform: true,
    cookie: shared ? sharedSessionCookie : sessionCookie,
    ...(shared ? { cookieDomain: host } : {}),
    redirectUrl: several ? callback : own,
    redirects: several ? sessionHosts(cluster).map((served) => `https://${served.authority}${callback}`) : [own],
  };
}

/** @returns the OAuth2 Proxy of the host of users' code */
export function userCodeProxy(cluster: Cluster): LoginProxy {
  const redirectUrl = `https://${belowPlatform(cluster).authority}${callback}`;
  return { name: userCodeClientId, ofPlatform: false, cookie: userCodeCookie, redirectUrl, redirects: [redirectUrl] };
}

/** @returns every OAuth2 Proxy of the cluster, the platform's first */
export function loginProxies(cluster: Cluster): LoginProxy[] {
  return [platformProxy(cluster), ...(cluster.auth.userCodeHost ? [userCodeProxy(cluster)] : [])];
}

/** @returns authorities to which a login or a sign-out may lead */
export function leadsBackTo(cluster: Cluster): string[] {
  const code = userCodeAddress(cluster);
  return [...sessionHosts(cluster), ...(code === undefined ? [] : [code])].map(({ authority }) => authority);
}

/** @returns the path on the platform's host that ends the session there, and then that of each other host */
export function signOutPath(cluster: Cluster): string {
  const end = sharesCookie(cluster) ? [] : leadsBackTo(cluster).slice(1);
  const [host = ''] = leadsBackTo(cluster);
  const last = end.length === 0 ? signedOutPath : `https://${host}${signedOutPath}`;
  const signOut = (origin: string, next: string) => `${origin}/oauth2/sign_out?rd=${encodeURIComponent(next)}`;
  return signOut(
    '',
    end.reduceRight((next, authority) => signOut(`https://${authority}`, next), last),
  );
}

/** @returns the Secret of an OAuth2 Proxy, which Dex reads, too; it is made before any host is known */
export function proxySecret(name: string): SecretSpec {
  return {
    name,
    namespace: authNamespace,
    purpose:
      name === clientId
        ? "OAuth2 Proxy's client secret (Dex reads the same) and cookie key"
        : "client secret and cookie key of the OAuth2 Proxy for users' code (Dex reads the former)",
    usedBy: [`${authNamespace}/${name}`, `${authNamespace}/dex`],
    keys: {
      'client-id': { kind: 'constant', value: name },
      'client-secret': { kind: 'random', bytes: 32, encoding: 'base64url' },
      'cookie-secret': { kind: 'random', bytes: 32, encoding: 'base64url' },
    },
  };
}

/** @returns routes of a host where a login begins and ends: to OAuth2 Proxy, and the page after a sign-out */
export function loginRoutes(cluster: Cluster, { name }: Pick<LoginProxy, 'name'>): Record<string, unknown>[] {
  return [
    {
      match: [{ uri: { exact: signedOutPath } }],
      headers: { response: { set: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' } } },
      directResponse: { status: 200, body: { string: signedOutPage(cluster) } },
    },
    {
      match: [{ uri: { prefix: '/oauth2/' } }],
      route: [{ destination: { host: `${name}.${authNamespace}.svc.cluster.local`, port: { number: 80 } } }],
    },
  ];
}
