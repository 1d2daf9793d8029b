import { type Cases, type Group, type SingleCheck, singles } from '../check.ts';
import { plainUnserved, redirectsToHttps } from '../judge.ts';
import { cookieOf, type Session } from '../known.ts';
import type { Request } from '../request.ts';

/** Port 80 only redirects to HTTPS: it never serves a page or sets a cookie. */
export const plainHttp: Group = {
  name: 'plain-http',
  title: 'Plain HTTP',
  checks: ({ authority }) =>
    [
      ...singles(plain(redirected), redirectsToHttps, ['port 80']),
      {
        id: 'with-a-session',
        tries: 'to be served over plain HTTP with a valid session cookie',
        needs: ['port 80', 'first'],
        send: ({ first }) => ({ scheme: 'http', headers: [['Cookie', cookieOf(first as Session)]] }),
        expect: redirectsToHttps,
      },
      ...singles(plain(refused(authority)), plainUnserved, ['port 80']),
    ] satisfies SingleCheck[],
};

type Plain = [id: string, words: string, request: Request];

function plain(cases: readonly Plain[]): Cases {
  return cases.map(([id, words, request]) => [id, words, { ...request, scheme: 'http' }]);
}

const redirected: readonly Plain[] = [
  ['page', 'to be served a page over plain HTTP', { target: '/' }],
  ['deep-page', 'to be served an API over plain HTTP', { target: '/api/workgroup/env-info?x=1' }],
  ['forged-proto', 'to claim HTTPS with X-Forwarded-Proto', { headers: [['X-Forwarded-Proto', 'https']] }],
  [
    'forged-proto-family',
    'to claim HTTPS with X-Forwarded-Ssl, Front-End-Https, Forwarded and X-Forwarded-Port',
    {
      headers: [
        ['X-Forwarded-Ssl', 'on'],
        ['Front-End-Https', 'on'],
        ['X-Forwarded-Scheme', 'https'],
        ['Forwarded', 'proto=https'],
        ['X-Forwarded-Port', '443'],
      ],
    },
  ],
  ['forged-identity', 'to forge an identity over plain HTTP', { headers: [['kubeflow-userid', 'forged@example.com']] }],
  ['login', 'to start a login over plain HTTP', { target: '/oauth2/start?rd=%2F' }],
  ['callback', 'to finish a login over plain HTTP', { target: '/oauth2/callback?code=x&state=y' }],
  ['dex', 'to be shown a login form over plain HTTP', { target: '/dex/auth/local/login' }],
  ['ping', 'to get in with /ping over plain HTTP', { target: '/ping' }],
  ['dots', 'a path trick over plain HTTP', { target: '/dex/../api/workgroup/env-info' }],
  ['post', 'to send a form over plain HTTP', { method: 'POST', target: '/', body: 'x=1' }],
  [
    'preflight',
    'a preflight over plain HTTP',
    {
      method: 'OPTIONS',
      headers: [
        ['Origin', 'https://evil.example'],
        ['Access-Control-Request-Method', 'GET'],
      ],
    },
  ],
];

function refused(authority: string): readonly Plain[] {
  return [
    ['foreign-host', 'to be redirected to a foreign host with Host', { hosts: ['evil.example'] }],
    ['absolute-form', 'a target in absolute form with https', { target: `https://${authority}/` }],
    ['challenge', 'to get in through the path of ACME challenges', { target: '/.well-known/acme-challenge/../../api' }],
    ['challenge-page', 'to be served a page as an ACME challenge', { target: '/.well-known/acme-challenge/forged' }],
    [
      'websocket',
      'a WebSocket over plain HTTP',
      {
        headers: [
          ['Connection', 'Upgrade'],
          ['Upgrade', 'websocket'],
          ['Sec-WebSocket-Version', '13'],
          ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
        ],
      },
    ],
    [
      'h2c',
      'to smuggle requests through an upgrade to h2c',
      {
        headers: [
          ['Connection', 'Upgrade, HTTP2-Settings'],
          ['Upgrade', 'h2c'],
          ['HTTP2-Settings', 'AAMAAABkAARAAAAAAAIAAAAA'],
        ],
      },
    ],
    ['http-1.0', 'HTTP/1.0 without Host', { version: '1.0', hosts: [] }],
    ['connect', 'to use port 80 as a tunnel', { method: 'CONNECT', target: 'kubernetes.default.svc:443' }],
  ];
}
