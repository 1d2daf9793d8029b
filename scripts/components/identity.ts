/** Path prefix of Envoy's requests to OAuth2 Proxy, before the path of the checked request. */
export const checkPrefix = '/check';

/** Prefix of the path that OAuth2 Proxy gets for requests of programs. No page starts with it, so it can be an api-route. */
export const programPath = '/:program';

/** Name of the session cookie. OAuth2 Proxy adds _0, _1 … to parts of a long one, and _csrf to the CSRF cookie. */
export const sessionCookie = '__Host-breakwater';

/**
 * Name of the session cookie that serves several hosts: a cookie with the prefix __Host- is for one host only.
 * https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
 */
export const sharedSessionCookie = '__Secure-breakwater';

/** Name of the session cookie at the host of users' code. */
export const userCodeCookie = '__Host-breakwater-apps';

/** Prefix of headers that the gateway's filters set for later policies. */
const ownPrefix = 'x-breakwater-';

/** Header on requests that an app's filter admitted: name of the app. */
export const appMarker = `${ownPrefix}app`;

/** Prefix of headers for one group each, followed by the group's name in hexadecimal. */
export const groupHeaderPrefix = `${ownPrefix}group-`;

/** Identity headers. Only OAuth2 Proxy's answer sets them. */
export const identityHeaders = ['kubeflow-userid', 'kubeflow-groups'] as const;

/**
 * Identity headers that some proxy uses: the gateway removes them from outside requests, and
 * `npm run verify` sends them. This is the only list.
 */
const claims = [
  ...identityHeaders,
  // OAuth2 Proxy and its like.
  'x-forwarded-user',
  'x-forwarded-email',
  'x-forwarded-groups',
  'x-forwarded-preferred-username',
  'x-forwarded-access-token',
  // Authelia and its like, and REMOTE_USER of CGI: https://www.authelia.com/integration/trusted-header-sso/introduction/
  'remote-user',
  'remote-groups',
  'remote-email',
  'remote-name',
  // Kubernetes' front proxy: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy
  'x-remote-user',
  'x-remote-uid',
  'x-remote-group',
  'x-remote-groups',
  // Google's Identity-Aware Proxy: https://cloud.google.com/iap/docs/identity-howto
  'x-goog-authenticated-user-email',
  'x-goog-authenticated-user-id',
  'x-goog-iap-jwt-assertion',
  // Azure App Service: https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities
  'x-ms-client-principal',
] as const;

/** Prefixes of such headers, with names in use: every header with such a prefix is removed. */
const claimFamilies: Readonly<Record<string, readonly string[]>> = {
  // OAuth2 Proxy, nginx.
  'x-auth-request-': ['user', 'email', 'groups', 'preferred-username', 'access-token', 'redirect'],
  // Grafana and its like: https://grafana.com/docs/grafana/latest/setup-grafana/configure-security/configure-authentication/auth-proxy/
  'x-webauth-': ['user', 'email', 'groups', 'role'],
  // Kubernetes' front proxy.
  'x-remote-extra-': ['scopes'],
  // Amazon's load balancers: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
  'x-amzn-oidc-': ['identity', 'data', 'accesstoken'],
  // Azure App Service.
  'x-ms-client-principal-': ['name', 'id'],
  'x-ms-token-': ['aad-id-token'],
  // Cloudflare Access: https://developers.cloudflare.com/cloudflare-one/identity/authorization-cookie/validating-json/
  'cf-access-': ['authenticated-user-email', 'jwt-assertion'],
  // Pomerium, authentik, Vouch, Tailscale.
  'x-pomerium-': ['claim-email', 'jwt-assertion'],
  'x-authentik-': ['username', 'email', 'groups'],
  'x-vouch-': ['user'],
  'tailscale-user-': ['login'],
  // Apache's mod_auth_openidc writes OIDC_CLAIM_…, which CGI and WSGI read from oidc-claim-…, too.
  'oidc-': ['claim-sub', 'claim-email', 'access-token'],
};

/** Headers that must not come from outside: claims, and the host that OAuth2 Proxy would return to. */
export const forbiddenHeaders: readonly string[] = [...claims, 'x-forwarded-host'];

/** Prefixes of further headers that must not come from outside. */
export const forbiddenPrefixes: readonly string[] = [ownPrefix, ...Object.keys(claimFamilies)];

/** Every header that the attack suite forges, in lower case. */
export const claimedIdentities: readonly string[] = [
  ...claims,
  ...Object.entries(claimFamilies).flatMap(([prefix, names]) => names.map((name) => prefix + name)),
];
