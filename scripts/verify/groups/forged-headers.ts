import type { Group, SingleCheck } from '../check.ts';
import { loginOrDenied, unserved } from '../judge.ts';
import type { Known } from '../known.ts';
import { spellings } from './spellings.ts';

/** Requests without a login, but with an identity header. */
export const forgedHeaders: Group = {
  name: 'forged-headers',
  title: 'Identity headers from outside, without a session',
  checks: ({ identityHeaders }) => [
    ...identityHeaders.map(
      (name): SingleCheck => ({
        id: name,
        tries: `to get in with ${name}, in every spelling at once`,
        send: ({ forged }) => ({ headers: spellings.flatMap(({ write }) => write(name, forged)) }),
        expect: loginOrDenied,
      }),
    ),
    ...authorizations.map(
      ([id, words, value]): SingleCheck => ({
        id: `authorization-${id}`,
        tries: `to get in with ${words}`,
        send: (known) => ({ headers: [['Authorization', value(known)]] }),
        expect: loginOrDenied,
      }),
    ),
    {
      id: 'all-at-once',
      tries: 'to reach an API with all identity headers at once',
      send: ({ forged }) => ({
        target: '/api/workgroup/env-info',
        accept: 'application/json',
        headers: [...identityHeaders.map((name) => [name, forged] as const), ['Authorization', `Bearer ${forged}`]],
      }),
      expect: loginOrDenied,
    },
    {
      id: 'named-by-connection',
      tries: 'to make the gateway drop its own header by listing it in Connection',
      send: { headers: [['Connection', 'close, kubeflow-userid, cookie, x-forwarded-proto']] },
      expect: unserved,
    },
    {
      id: 'in-trailers',
      tries: 'to get in with an identity header in the trailers of a chunked body',
      send: ({ forged }) => ({
        method: 'POST',
        headers: [
          ['Transfer-Encoding', 'chunked'],
          ['Trailer', 'kubeflow-userid'],
        ],
        body: `0\r\nkubeflow-userid: ${forged}\r\n\r\n`,
      }),
      expect: loginOrDenied,
    },
  ],
};

const authorizations: readonly [string, string, (known: Known) => string][] = [
  ['basic', 'a user name and password in Authorization', () => `Basic ${base64('admin:admin')}`],
  ['bearer', 'a made-up token in Authorization', ({ forged }) => `Bearer ${forged}`],
  [
    'unsigned',
    'a token of the right issuer with the algorithm "none"',
    (known) => `Bearer ${token(known, { alg: 'none' })}.`,
  ],
  [
    'self-signed',
    'a token of the right issuer with a foreign signature',
    (known) => `Bearer ${token(known, { alg: 'RS256', kid: 'forged' })}.${base64(known.forged)}`,
  ],
];

function token({ site, forged }: Known, head: object): string {
  const claims = {
    iss: `${site.origin}/dex`,
    aud: 'oauth2-proxy',
    sub: forged,
    email: forged,
    email_verified: true,
    groups: [forged],
    iat: 1_700_000_000,
    exp: 4_000_000_000,
  };
  return `${base64(JSON.stringify(head))}.${base64(JSON.stringify(claims))}`;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64url');
}
