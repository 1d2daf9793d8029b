/** Prefix with which Envoy asks OAuth2 Proxy about a request: the request's own path follows. */
export const checkPrefix = '/check';

/** Name of the session cookie; OAuth2 Proxy adds _0, _1 … to the parts of a long one, and _csrf to its companion. */
export const sessionCookie = '__Host-breakwater';

/**
 * The same where apps have hosts of their own, below the platform's: a cookie with the prefix __Host- is for one host only.
 * https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
 */
export const sharedSessionCookie = '__Secure-breakwater';

/** On what an app's filter at the gateway let through: name of the app. */
export const appMarker = 'x-breakwater-app';

/** Headers that say who a person is, set by OAuth2 Proxy's answer and by nothing else. */
export const identityHeaders = ['kubeflow-userid', 'kubeflow-groups'] as const;

/** Headers that some upstream might take for somebody's identity, or OAuth2 Proxy for the place to return to. */
export const forbiddenHeaders = [
  ...identityHeaders,
  'x-forwarded-user',
  'x-forwarded-email',
  'x-forwarded-groups',
  'x-forwarded-preferred-username',
  'x-forwarded-access-token',
  'x-forwarded-host',
] as const;

/** All headers of this prefix are removed, too: what OAuth2 Proxy and its like emit. */
export const forbiddenPrefix = 'x-auth-request-';
