import type { Group, SingleCheck } from '../check.ts';
import { both, loginOrDenied, noForeignOrigin, unserved } from '../judge.ts';

// Harmless even if one of them succeeds, since no session is sent.
const checked = ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'] as const;
const refused = ['TRACE', 'CONNECT', 'get', 'FORGED', 'PRI'] as const;

/** Methods: the login check must cover each, not only GET. */
export const methods: Group = {
  name: 'methods',
  title: 'Methods',
  checks: () => [
    ...checked.map(
      (method): SingleCheck => ({
        id: method,
        tries: `to get in because only GET is checked: ${method}`,
        send: {
          method,
          target: '/api/workgroup/create',
          ...(method === 'POST' || method === 'PUT' ? { body: '{}' } : {}),
        },
        expect: loginOrDenied,
      }),
    ),
    ...refused.map(
      (method): SingleCheck => ({
        id: method,
        tries: `to bypass the login with the method ${method}`,
        send: { method, target: method === 'CONNECT' ? 'centraldashboard.kubeflow.svc:80' : '/' },
        expect: unserved,
      }),
    ),
    {
      id: 'override',
      tries: 'to change a harmless method with X-HTTP-Method-Override',
      send: {
        method: 'OPTIONS',
        target: '/api/workgroup/create',
        headers: [
          ['X-HTTP-Method-Override', 'POST'],
          ['X-Method-Override', 'POST'],
        ],
      },
      expect: loginOrDenied,
    },
  ],
};

/** Preflights never carry cookies, but must not bypass the check either. */
export const preflights: Group = {
  name: 'preflights',
  title: 'CORS preflights',
  checks: ({ origin }) => [
    ...['/', '/api/workgroup/env-info', '/oauth2/userinfo'].map(
      (target): SingleCheck => ({
        id: target,
        tries: `a preflight from a foreign origin for ${target}`,
        send: { method: 'OPTIONS', target, headers: preflight('https://evil.example') },
        expect: both(unservedPreflight, noForeignOrigin),
      }),
    ),
    {
      id: 'null-origin',
      tries: 'a preflight from the origin "null"',
      send: { method: 'OPTIONS', headers: preflight('null') },
      expect: both(loginOrDenied, noForeignOrigin),
    },
    {
      id: 'own-origin',
      tries: 'a preflight from the platform itself, without a session',
      send: { method: 'OPTIONS', headers: preflight(origin) },
      expect: loginOrDenied,
    },
    {
      id: 'request',
      tries: 'the actual request from a foreign origin',
      send: { headers: [['Origin', 'https://evil.example']] },
      expect: both(loginOrDenied, noForeignOrigin),
    },
    {
      id: 'login-form',
      tries: "to read Dex's login page from a foreign origin",
      send: { target: '/dex/auth/local/login', headers: [['Origin', 'https://evil.example']] },
      expect: noForeignOrigin,
    },
  ],
};

/** OAuth2 Proxy answers /oauth2/ itself, with its own 401. */
const unservedPreflight = {
  text: 'the login or a refusal',
  judge: (exchange: Parameters<typeof unserved.judge>[0], known: Parameters<typeof unserved.judge>[1]) =>
    exchange.answers[0]?.status === 401 ? undefined : unserved.judge(exchange, known),
};

function preflight(origin: string): [string, string][] {
  return [
    ['Origin', origin],
    ['Access-Control-Request-Method', 'GET'],
    ['Access-Control-Request-Headers', 'kubeflow-userid, authorization'],
  ];
}
