import { type Cases, type Group, singles } from '../check.ts';
import { inOrder, loginOrDenied, refusedOr, trueIdentity, unserved, unservedOrDex } from '../judge.ts';
import type { Request } from '../request.ts';
import { viewed } from './forged-identity.ts';

const websocket = [
  ['Connection', 'Upgrade'],
  ['Upgrade', 'websocket'],
  ['Sec-WebSocket-Version', '13'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
] as const;

/** Upgrades: a connection that is no longer HTTP escapes the check. */
export const upgrades: Group = {
  name: 'upgrades',
  title: 'WebSocket and other upgrades',
  checks: ({ authority, sessionCookie }) => [
    { id: 'websocket', tries: 'a WebSocket without a session', send: { headers: websocket }, expect: loginOrDenied },
    {
      id: 'websocket-notebook',
      tries: "a WebSocket to a user's notebook",
      send: { target: '/notebook/user/mine/api/kernels/x/channels', headers: websocket },
      expect: loginOrDenied,
    },
    {
      id: 'websocket-forged',
      tries: 'a WebSocket with a made-up session and an identity header',
      send: ({ forged }) => ({
        headers: [...websocket, ['Cookie', `${sessionCookie}=forged`], ['kubeflow-userid', forged]],
      }),
      expect: loginOrDenied,
    },
    {
      id: 'websocket-foreign-origin',
      tries: 'a WebSocket from a foreign origin',
      send: { headers: [...websocket, ['Origin', 'https://evil.example']] },
      expect: loginOrDenied,
    },
    {
      id: 'websocket-dex',
      tries: 'a WebSocket under /dex/, to reach the upstream behind it',
      send: { target: '/dex/forged', headers: websocket },
      expect: unservedOrDex,
    },
    {
      id: 'h2c',
      tries: 'to smuggle requests through an upgrade to h2c',
      send: {
        headers: [
          ['Connection', 'Upgrade, HTTP2-Settings'],
          ['Upgrade', 'h2c'],
          ['HTTP2-Settings', 'AAMAAABkAARAAAAAAAIAAAAA'],
        ],
      },
      expect: unserved,
    },
    {
      id: 'unknown-protocol',
      tries: 'an upgrade to an unknown protocol',
      send: {
        headers: [
          ['Connection', 'Upgrade'],
          ['Upgrade', 'forged'],
        ],
      },
      expect: unserved,
    },
    {
      id: 'connect-http2',
      tries: 'a tunnel over HTTP/2',
      send: { version: '2', method: 'CONNECT', hosts: [authority] },
      expect: unserved,
    },
  ],
};

/** HTTP versions, and requests that two parsers split differently. */
export const protocols: Group = {
  name: 'protocols',
  title: 'HTTP/1.0, HTTP/2, and request smuggling',
  checks: ({ authority }) => [
    ...singles(cases(authority), unserved),
    ...singles(
      http2(authority).map(([id, words, send]) => [id, words, { ...send, version: '2' }]),
      unservedOrDex,
    ),
    {
      id: 'http2-session',
      tries: 'an HTTP/2 session with the cookie split across several headers, plus identity headers',
      needs: ['first', 'view'],
      send: (known) => {
        const pieces = [...(known.first?.cookies ?? [])].map(
          ([name, value]) => ['cookie', `${name}=${value}`] as const,
        );
        return {
          ...viewed(known, undefined, [
            ...pieces,
            ['cookie', 'other=1'],
            ['kubeflow-userid', known.forged],
            ['x-auth-request-email', known.forged],
          ]),
          version: '2',
        };
      },
      expect: trueIdentity,
    },
    {
      id: 'http10-session',
      tries: 'a session over HTTP/1.0, plus an identity header',
      needs: ['first', 'view'],
      send: (known) => ({
        ...viewed(known, known.first, [['kubeflow-userid', known.forged]]),
        version: '1.0',
      }),
      expect: refusedOr(trueIdentity),
    },
    {
      id: 'pipeline-session',
      tries: 'a request without a session right after one with a session, on the same connection',
      needs: ['first', 'view'],
      send: (known) => ({
        ...viewed(known, known.first, [['Connection', 'keep-alive']]),
        next: { headers: [['kubeflow-userid', known.forged]] },
      }),
      expect: inOrder(trueIdentity, loginOrDenied),
    },
  ],
};

type Case = [id: string, words: string, request: Request];

function cases(authority: string): Cases {
  const inner = `GET /api/workgroup/env-info HTTP/1.1\r\nHost: ${authority}\r\nkubeflow-userid: forged@example.com\r\n\r\n`;
  const head = ['POST / HTTP/1.1', `Host: ${authority}`];
  return [
    ['http10', 'HTTP/1.0', { version: '1.0' }],
    ['http10-no-host', 'HTTP/1.0 without Host', { version: '1.0', hosts: [] }],
    [
      'http10-keep-alive',
      'HTTP/1.0 with Connection: keep-alive',
      { version: '1.0', headers: [['Connection', 'keep-alive']] },
    ],
    ['http09', 'HTTP/0.9', { lines: ['GET /'] }],
    ['http-unknown', 'an unknown HTTP version', { lines: ['GET / HTTP/3.7', `Host: ${authority}`] }],
    [
      'two-lengths',
      'two different lengths',
      { lines: [...head, 'Content-Length: 0', `Content-Length: ${inner.length}`], body: inner },
    ],
    [
      'length-and-chunks',
      'a length and chunks together, with a second request in the body',
      {
        lines: [...head, `Content-Length: ${inner.length + 5}`, 'Transfer-Encoding: chunked'],
        body: `0\r\n\r\n${inner}`,
      },
    ],
    [
      'odd-chunks',
      'a Transfer-Encoding that only some parsers treat as chunked',
      { lines: [...head, 'Content-Length: 4', 'Transfer-Encoding: xchunked'], body: `0\r\n\r\n${inner}` },
    ],
    [
      'chunks-with-blank',
      '"Transfer-Encoding : chunked"',
      { lines: [...head, 'Content-Length: 4', 'Transfer-Encoding : chunked'], body: `0\r\n\r\n${inner}` },
    ],
    [
      'bare-line-feeds',
      'lines that end with a line feed only',
      { lines: [`GET / HTTP/1.1\nHost: ${authority}\nkubeflow-userid: forged@example.com\n`] },
    ],
    ['null-in-header', 'a null byte in a header', { headers: [['kubeflow-userid', 'forged\0@example.com']] }],
    [
      'line-break-in-header',
      'a lone carriage return in a header',
      { headers: [['X-Note', 'a\rkubeflow-userid: forged@example.com']] },
    ],
    [
      'blank-first',
      'a folded line before any header',
      { lines: ['GET / HTTP/1.1', ' kubeflow-userid: forged@example.com', `Host: ${authority}`] },
    ],
    [
      'no-colon',
      'a header line without a colon',
      { lines: ['GET / HTTP/1.1', `Host: ${authority}`, 'kubeflow-userid'] },
    ],
    ['long-target', 'a target of 300 kB', { target: `/dex/${'a'.repeat(300_000)}` }],
    [
      'expect',
      'Expect: 100-continue before the check',
      { method: 'POST', headers: [['Expect', '100-continue']], body: 'x' },
    ],
  ];
}

function http2(authority: string): readonly Case[] {
  return [
    ['http2', 'HTTP/2 with identity headers', { headers: [['kubeflow-userid', 'forged@example.com']] }],
    ['http2-foreign-host', 'the right :authority and a foreign host', { headers: [['host', 'evil.example']] }],
    [
      'http2-foreign-authority',
      'a foreign :authority and the right host',
      { hosts: ['evil.example'], headers: [['host', authority]] },
    ],
    ['http2-dots', '/dex/../ over HTTP/2', { target: '/dex/../api/workgroup/env-info' }],
    ['http2-encoded-dots', '/dex/%2e%2e/ over HTTP/2', { target: '/dex/%2e%2e/api/workgroup/env-info' }],
    ['http2-absolute', 'an absolute address as :path', { target: `https://${authority}/dex/../api` }],
    ['http2-star', '* as :path of a GET', { target: '*' }],
    ['http2-no-slash', 'a :path without a leading slash', { target: 'dex/../api' }],
  ];
}
