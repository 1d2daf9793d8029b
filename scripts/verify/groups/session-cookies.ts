import { createHmac, randomBytes } from 'node:crypto';
import { type Group, singles } from '../check.ts';
import { loginOrDenied, trueIdentity, unserved } from '../judge.ts';
import { cookieOf, type Known, type PlatformSite, type Session } from '../known.ts';
import { viewed } from './forged-identity.ts';

const year = 365 * 86_400_000;

/** Cookies that are not a valid session: changed, old, from another cluster, too many, too large. */
export const sessionCookies: Group = {
  name: 'session-cookies',
  title: 'Cookies that are not a session',
  checks: ({ sessionCookie }) => [
    ...singles(
      changed.map(([id, words, change]) => [
        id,
        words,
        ({ first, site }) => ({ headers: [['Cookie', edited(first as Session, site, change)]] }),
      ]),
      loginOrDenied,
      ['first'],
    ),
    ...singles(
      madeUp(sessionCookie).map(([id, words, cookie]) => [id, words, { headers: [['Cookie', cookie]] }]),
      loginOrDenied,
    ),
    {
      id: 'other-name',
      tries: "a valid session under another cookie's name",
      needs: ['first'],
      send: ({ first }) => ({
        headers: [['Cookie', cookieOf(first as Session).replaceAll(sessionCookie, '_oauth2_proxy')]],
      }),
      expect: loginOrDenied,
    },
    {
      id: 'csrf-name',
      tries: "a valid session under the name of the login's own cookie",
      needs: ['first'],
      send: ({ first }) => ({
        headers: [['Cookie', cookieOf(first as Session).replaceAll(sessionCookie, `${sessionCookie}_csrf`)]],
      }),
      expect: loginOrDenied,
    },
    {
      id: 'signed-now',
      tries: "whether a cookie signed with the cluster's key is a session (the next two checks depend on this)",
      needs: ['first', 'view', 'key'],
      send: (known) => viewed(known, signed(known, 0), []),
      expect: trueIdentity,
    },
    {
      id: 'expired',
      tries: 'a correctly signed session from two years ago',
      needs: ['first', 'key'],
      send: (known) => ({ headers: [['Cookie', cookieOf(signed(known, -2 * year))]] }),
      expect: loginOrDenied,
    },
    {
      id: 'future',
      tries: 'a correctly signed session from next year',
      needs: ['first', 'key'],
      send: (known) => ({ headers: [['Cookie', cookieOf(signed(known, year))]] }),
      expect: loginOrDenied,
    },
    {
      id: 'oversize',
      tries: 'a cookie of 80 kB',
      send: { headers: [['Cookie', `${sessionCookie}=${'A'.repeat(80_000)}`]] },
      expect: unserved,
    },
    {
      id: 'oversize-many',
      tries: '400 cookies that look like parts of a session',
      send: {
        headers: [
          ['Cookie', Array.from({ length: 400 }, (_, at) => `${sessionCookie}_${at}=${'A'.repeat(60)}`).join('; ')],
        ],
      },
      expect: unserved,
    },
    {
      id: 'many-lines',
      tries: '150 Cookie lines',
      send: { headers: Array.from({ length: 150 }, (_, at) => ['Cookie', `a${at}=1`] as const) },
      expect: unserved,
    },
    {
      id: 'among-others',
      tries: 'whether a valid session among 60 other cookies still works, plus a forged identity',
      needs: ['first', 'view'],
      send: (known) => {
        const others = Array.from({ length: 60 }, (_, at) => `other${at}=${at}`).join('; ');
        const { accept, target } = viewed(known, undefined, []);
        return {
          ...(accept === undefined ? {} : { accept }),
          ...(target === undefined ? {} : { target }),
          headers: [
            ['Cookie', `${others}; ${cookieOf(known.first as Session)}`],
            ['kubeflow-userid', known.forged],
          ],
        };
      },
      expect: trueIdentity,
    },
  ],
};

/** OAuth2 Proxy signs cookies as VALUE|UNIX TIME|SIGNATURE. */
type Change = (value: string, name: string) => string;

const changed: readonly [id: string, words: string, change: Change][] = [
  ['tampered-value', 'a session with one character of its value changed', (value) => flip(value, 10)],
  [
    'tampered-time',
    'a session with a later timestamp',
    (value) => value.replace(/\|\d+\|/, `|${Math.floor(Date.now() / 1000) + 60}|`),
  ],
  [
    'old-time',
    'a session with a timestamp of two years ago',
    (value) => value.replace(/\|\d+\|/, `|${Math.floor((Date.now() - 2 * year) / 1000)}|`),
  ],
  [
    'tampered-signature',
    'a session with one character of its signature changed',
    (value) => flip(value, value.length - 5),
  ],
  ['no-signature', 'a session without its signature', (value) => value.replace(/\|[^|]*$/, '|')],
  ['truncated', 'half of a session', (value) => value.slice(0, Math.floor(value.length / 2))],
  ['upper-case', 'a session in upper case', (value) => value.toUpperCase()],
  ['other-cluster', 'a session signed by another cluster', (value, name) => signedElsewhere(name, value)],
];

function madeUp(sessionCookie: string): readonly [id: string, words: string, cookie: string][] {
  return [
    ['empty', 'an empty session', `${sessionCookie}=`],
    ['made-up', 'a made-up session', `${sessionCookie}=admin`],
    [
      'made-up-signed',
      'a made-up session with a made-up signature',
      `${sessionCookie}=${signedElsewhere(sessionCookie, 'e30=||')}`,
    ],
    [
      'default-name',
      "a made-up session under OAuth2 Proxy's usual name",
      `_oauth2_proxy=${signedElsewhere('_oauth2_proxy', 'e30=||')}`,
    ],
    ['token', 'a token in the cookie of the oidc-authservice', 'authservice_session=forged'],
  ];
}

function edited(session: Session, site: PlatformSite, change: Change): string {
  return `${site.sessionCookie}=${change(wholeValue(session), site.sessionCookie)}`;
}

/** Joins a session that is split into numbered cookies: OAuth2 Proxy signs the whole value, and accepts it in one cookie. */
function wholeValue({ cookies }: Session): string {
  const number = (name: string) => Number(/_(\d+)$/.exec(name)?.[1] ?? 0);
  const parts = [...cookies].sort(([a], [b]) => number(a) - number(b));
  return parts.map(([, value]) => value).join('');
}

function flip(text: string, at: number): string {
  const index = Math.max(0, Math.min(at, text.length - 1));
  return `${text.slice(0, index)}${text[index] === 'A' ? 'B' : 'A'}${text.slice(index + 1)}`;
}

/** The same value, signed as OAuth2 Proxy does, but with a key of another cluster. */
function signedElsewhere(name: string, value: string): string {
  const [text = ''] = value.split('|');
  const time = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', randomBytes(32)).update(name).update(text).update(time).digest('base64url');
  return `${text}|${time}|${signature}=`;
}

/** @param shift milliseconds from now */
function signed({ site, first, sign }: Known, shift: number): Session {
  const session = first as Session;
  const [value = ''] = wholeValue(session).split('|');
  const cookie = sign?.(site.sessionCookie, value, new Date(Date.now() + shift)) ?? '';
  return { ...session, cookies: new Map([[site.sessionCookie, cookie]]) };
}
