import { type Group, singles } from '../check.ts';
import { loginOrDenied, loginRedirect, refusedByProxy, trueIdentity } from '../judge.ts';
import { viewed } from './forged-identity.ts';

/** Paths that OAuth2 Proxy itself answers with 200: oauth2-proxy/oauth2-proxy#3083. */
const targets = [
  '/ping',
  '/ready',
  '/robots.txt',
  '/metrics',
  '/healthz',
  '//ping',
  '//robots.txt',
  '/ping/',
  '/ping?x=1',
  '/%70ing',
  '/check/ping',
  '/check/../ping',
] as const;

/** OAuth2 Proxy's own paths, which need a session. */
const proxyTargets = [
  '/oauth2/auth',
  '/oauth2/userinfo',
  '/oauth2/',
  '/oauth2/ping',
  '/oauth2/../oauth2/auth',
] as const;

/** OAuth2 Proxy answers some paths itself: a check that asks it with such a path admits everyone. */
export const ownAnswers: Group = {
  name: 'own-answers',
  title: "OAuth2 Proxy's own paths",
  checks: () => [
    ...singles(
      targets.map((target) => [target, `to get in because OAuth2 Proxy itself answers ${target}`, { target }]),
      loginRedirect,
    ),
    {
      id: 'user-agent',
      tries: "to pass for a health check with a load balancer's User-Agent",
      send: { headers: [['User-Agent', 'GoogleHC/1.0']] },
      expect: loginOrDenied,
    },
    ...singles(
      proxyTargets.map((target) => [
        target,
        `to get information from ${target} without a session`,
        { target, accept: 'application/json' },
      ]),
      refusedByProxy,
    ),
    {
      id: 'check-header',
      tries: 'to make /oauth2/auth check another page, with X-Forwarded-Uri and X-Auth-Request-Redirect',
      send: {
        target: '/oauth2/auth',
        headers: [
          ['X-Forwarded-Uri', '/ping'],
          ['X-Auth-Request-Redirect', '/robots.txt'],
        ],
      },
      expect: refusedByProxy,
    },
    {
      id: 'forwarded-uri',
      tries: 'to open / with X-Forwarded-Uri: /ping',
      send: {
        headers: [
          ['X-Forwarded-Uri', '/ping'],
          ['X-Original-Url', '/dex/'],
          ['X-Rewrite-Url', '/dex/'],
        ],
      },
      expect: loginOrDenied,
    },
    {
      id: 'with-a-session',
      tries: 'whether a session still reaches the page, rather than the answer of the check',
      needs: ['first', 'headers'],
      send: (known) => ({ ...viewed(known, known.first, []), target: '/ping' }),
      expect: trueIdentity,
    },
  ],
};
