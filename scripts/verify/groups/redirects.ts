import { header } from '../answer.ts';
import type { Group, SingleCheck, SteppedCheck } from '../check.ts';
import { describeExchange, loginRedirect, staysOnHost } from '../judge.ts';
import { returnsTo, staysHome } from '../redirect.ts';

/** Spellings of a foreign address that some parsers take for a local path: oauth2-proxy/oauth2-proxy#922, #1460. */
const destinations: readonly [id: string, rd: string][] = [
  ['absolute', 'https://evil.example/'],
  ['plain', 'http://evil.example/'],
  ['no-scheme', '//evil.example/'],
  ['three-slashes', '///evil.example/'],
  ['backslashes', '/\\evil.example/'],
  ['two-backslashes', '\\\\evil.example/'],
  ['encoded-slash', '/%2fevil.example/'],
  ['encoded-backslash', '/%5cevil.example/'],
  ['tab', '/\t/evil.example/'],
  ['line-break', '/\n/evil.example/'],
  ['dots', '/../..//evil.example/'],
  ['userinfo', 'https://HOST@evil.example/'],
  ['subdomain', 'https://HOST.evil.example/'],
  ['port', 'https://evil.example:443/'],
  ['script', 'javascript:alert(1)'],
];

/** Open redirects: links to the trusted platform that end on another site. */
export const redirects: Group = {
  name: 'redirects',
  title: 'Open redirects',
  checks: ({ authority }) => [
    ...destinations.flatMap(([id, destination]): SingleCheck[] => {
      const rd = encodeURIComponent(destination.replace('HOST', authority));
      return [
        {
          id: `start-${id}`,
          tries: `a login that returns to ${JSON.stringify(destination)}`,
          send: { target: `/oauth2/start?rd=${rd}` },
          expect: staysOnHost,
        },
        ...(signOutToo.has(id)
          ? [
              {
                id: `sign-out-${id}`,
                tries: `a sign-out that redirects to ${JSON.stringify(destination)}`,
                send: { target: `/oauth2/sign_out?rd=${rd}` },
                expect: staysOnHost,
              },
            ]
          : []),
      ];
    }),
    {
      id: 'sign-in',
      tries: 'a sign-in page that returns to a foreign host',
      send: { target: '/oauth2/sign_in?rd=%2F%2Fevil.example%2F' },
      expect: staysOnHost,
    },
    {
      id: 'rd-twice',
      tries: 'a valid and a foreign return address together',
      send: { target: '/oauth2/start?rd=%2F&rd=https%3A%2F%2Fevil.example%2F' },
      expect: staysOnHost,
    },
    ...headers.map(
      ([name, value]): SingleCheck => ({
        id: name.toLowerCase(),
        tries: `a login that returns to a foreign host through ${name}`,
        send: { target: '/somewhere?x=1', headers: [[name, value]] },
        expect: loginRedirect,
      }),
    ),
    {
      id: 'double-slash-path',
      tries: 'a login that returns to the requested page, //evil.example/',
      send: { target: '//evil.example/' },
      expect: loginRedirect,
    },
    returnAddress,
  ],
};

const signOutToo = new Set(['absolute', 'no-scheme', 'backslashes', 'tab']);

const headers: readonly [string, string][] = [
  ['X-Auth-Request-Redirect', 'https://evil.example/'],
  ['X-Forwarded-Host', 'evil.example'],
  ['X-Forwarded-Uri', '//evil.example/'],
  ['X-Forwarded-Proto', 'http'],
  ['X-Forwarded-Port', '8443'],
  ['Forwarded', 'host=evil.example;proto=http'],
  ['X-Original-Url', 'https://evil.example/'],
];

/** A login with a forged return address. */
const returnAddress: SteppedCheck = {
  id: 'page-asked-for',
  tries: 'whether a login returns to the requested page despite a forged X-Forwarded-Uri',
  request: 'GET /somewhere?x=1 HTTP/1.1 | X-Forwarded-Uri: /elsewhere',
  expected: 'the login returns to /somewhere?x=1',
  steps: async (client, { site }) => {
    const exchange = await client.send({ target: '/somewhere?x=1', headers: [['X-Forwarded-Uri', '/elsewhere']] });
    const location = header(exchange.answers[0] ?? { status: 0, headers: [], body: '' }, 'location') ?? '';
    const end = returnsTo(location, site);
    const answer = `${describeExchange(exchange)}, returning to ${end ?? 'nowhere'}`;
    // With its host if apps have hosts of their own.
    const right = end === '/somewhere?x=1' || end === `${site.origin}/somewhere?x=1`;
    return right && staysHome(location, site) ? { answer } : { answer, wrong: 'it returns elsewhere' };
  },
};
