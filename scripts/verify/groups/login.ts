import { type Answer, header, headerValues } from '../answer.ts';
import type { Group, SteppedCheck, SteppedResult } from '../check.ts';
import type { Client } from '../client.ts';

import { asksForLogin, describeExchange, trueIdentity, trueSecondIdentity } from '../judge.ts';
import type { Credentials, Known, LoginResult } from '../known.ts';
import { setsSession, withoutCsrf } from '../learn.ts';
import { logIn } from '../login.ts';
import { staysHome } from '../redirect.ts';
import { viewed } from './forged-identity.ts';

/** The login itself: it works, ends on the platform, and cannot be redirected. */
export const login: Group = {
  name: 'login',
  title: 'The login',
  checks: () => [
    result('first-user', 'credentials', "whether the first user's login works", ({ firstLogin }) => firstLogin),
    result(
      'second-user',
      'second credentials',
      "whether the second user's login works",
      ({ secondLogin }) => secondLogin,
    ),
    {
      id: 'first-identity',
      tries: 'whether an upstream sees the first user in the first session',
      needs: ['first', 'view'],
      send: (known) => viewed(known, known.first, []),
      expect: trueIdentity,
    },
    {
      id: 'second-identity',
      tries: 'whether an upstream sees the second user in the second session',
      needs: ['second', 'view'],
      send: (known) => viewed(known, known.second, []),
      expect: trueSecondIdentity,
    },
    cookieAttributes,
    plainStart,
    wrongPassword,
    foreignEnd,
    replayedCode,
    foreignCallback,
    signOut,
    frames,
  ],
};

function result(
  id: string,
  need: 'credentials' | 'second credentials',
  tries: string,
  of: (known: Known) => LoginResult | undefined,
): SteppedCheck {
  return {
    id,
    tries,
    needs: [need],
    request: "a full browser login: every redirect, Dex's form, the callback",
    expected: 'a session',
    steps: async (_, known) => {
      const { answer = '', wrong } = of(known) ?? {};
      return wrong === undefined ? { answer } : { answer, wrong };
    },
  };
}

const cookieAttributes: SteppedCheck = {
  id: 'cookie-attributes',
  tries: 'whether the session cookie is limited to this host and HTTPS, and hidden from scripts',
  needs: ['first'],
  request: 'Set-Cookie of the callback',
  expected: 'Secure, HttpOnly, SameSite, Path=/; no Domain, or the platform itself where apps have their own hosts',
  steps: async (_, { firstLogin, site }) => {
    const lines = firstLogin?.setCookies ?? [];
    const shown = lines.map((line) => line.replace(/=[^;]*/, '=<session>')).join(' | ');
    const missing = ['Secure', 'HttpOnly', 'SameSite=', 'Path=/'].filter((word) =>
      lines.some((line) => !line.toLowerCase().includes(`; ${word.toLowerCase()}`)),
    );
    if (lines.length === 0) return { answer: 'none', wrong: 'no cookie was set' };
    if (missing.length > 0) return { answer: shown, wrong: `without ${missing.join(', ')}` };
    const shared = site.userCode === undefined && site.places.some(({ own }) => own !== undefined);
    const domains = [...shown.matchAll(/;\s*domain=\.?([^;\s]*)/gi)].map(([, domain = '']) => domain.toLowerCase());
    const foreign = domains.some((domain) => !shared || domain !== site.host);
    return foreign ? { answer: shown, wrong: 'it is also sent to other hosts' } : { answer: shown };
  },
};

const plainStart: SteppedCheck = {
  id: 'started-at-http',
  tries: 'whether a login that starts at http:// ends in a session, and nothing secret goes over plain HTTP',
  needs: ['first', 'port 80'],
  request: 'the whole login, starting with GET http://HOST/',
  expected: 'one redirect to https, then the usual login',
  steps: async (client, known) => {
    const done = await logIn(client, known.site, credentialsOf(known), known.site.origin.replace('https:', 'http:'));
    const plain = done.hops.filter((hop) => hop.startsWith('http '));
    const answer = done.hops.join(' → ');
    if (plain.length !== 1) return { answer, wrong: `${plain.length} requests over plain HTTP` };
    return sessionOf(done.jar, known).size === 0 ? { answer, wrong: 'no session' } : { answer };
  },
};

const wrongPassword: SteppedCheck = {
  id: 'wrong-password',
  tries: 'to log in with a wrong password (one try)',
  needs: ['first'],
  request: "the login with another password in Dex's form",
  expected: 'no session',
  steps: async (client, known) => {
    const who = { ...credentialsOf(known), password: known.forged };
    const done = await logIn(client, known.site, who, '/');
    const answer = `${done.hops.join(' → ')}, ending in ${done.last.status}`;
    if (!done.hops.some((hop) => hop.startsWith('POST'))) return { answer, wrong: 'the form was not reached' };
    return sessionOf(done.jar, known).size === 0 ? { answer } : { answer, wrong: 'it created a session' };
  },
};

/** Spellings of a foreign address that look like a local path, except to browsers. */
const foreignEnds = [
  'https://evil.example/',
  '//evil.example/',
  '/\\evil.example/',
  '/\t/evil.example/',
  '/%2f/evil.example/',
];

const foreignEnd: SteppedCheck = {
  id: 'foreign-end',
  tries: 'full logins that try to end at a foreign host',
  needs: ['first'],
  request: `the whole login, starting with GET /oauth2/start?rd=…, for ${foreignEnds.map((end) => JSON.stringify(end)).join(', ')}`,
  expected: 'each login ends on the platform',
  steps: async (client, known) => {
    const ends: string[] = [];
    for (const end of foreignEnds) {
      const start = `/oauth2/start?rd=${encodeURIComponent(end)}`;
      const { hops, leadsTo = '' } = await logIn(client, known.site, credentialsOf(known), start);
      ends.push(leadsTo);
      const answer = `ending at ${ends.join(', ')}`;
      if (!hops.includes('/oauth2/callback')) return { answer, wrong: 'a login did not finish' };
      if (!staysHome(leadsTo, known.site)) return { answer, wrong: 'it ends elsewhere' };
    }
    return { answer: `ending at ${ends.join(', ')}` };
  },
};

const replayedCode: SteppedCheck = {
  id: 'callback-without-its-cookie',
  tries: "to plant a login in another user's browser: a callback without the cookie from its start",
  request: 'GET /oauth2/callback?code=forged&state=forged:%2F',
  expected: 'no session',
  steps: async (client, known) => withoutSession(client, known, '/oauth2/callback?code=forged&state=forged%3A%252F'),
};

const foreignCallback: SteppedCheck = {
  id: 'foreign-callback',
  tries: 'to make Dex send its code to a foreign host with another redirect_uri',
  request: 'GET /dex/auth/CONNECTOR?client_id=oauth2-proxy&redirect_uri=https://evil.example/…',
  expected: 'Dex refuses',
  steps: async (client, { site }) => {
    const query = new URLSearchParams({
      client_id: 'oauth2-proxy',
      redirect_uri: 'https://evil.example/oauth2/callback',
      response_type: 'code',
      scope: 'openid email',
      state: 'x',
    });
    const exchange = await client.send({ target: `/dex/auth/${encodeURIComponent(site.connector)}?${query}` });
    const [answer] = exchange.answers;
    const text = describeExchange(exchange);
    const location = answer === undefined ? undefined : header(answer, 'location');
    if (location !== undefined && !staysHome(location, site)) return { answer: text, wrong: 'it leads elsewhere' };
    return answer !== undefined && answer.status >= 400 ? { answer: text } : { answer: text, wrong: 'Dex accepts it' };
  },
};

const signOut: SteppedCheck = {
  id: 'sign-out',
  tries: 'whether a sign-out ends the session in the browser',
  needs: ['first'],
  request: 'a login, then GET /oauth2/sign_out, then GET /',
  expected: 'the cookie is deleted, and / asks for a login',
  steps: async (client, known) => {
    const { jar } = await logIn(client, known.site, credentialsOf(known), '/');
    const cookie = () => [['Cookie', jar.header('https') ?? 'none=1'] as const];
    if (sessionOf(jar, known).size === 0) return { answer: 'no session', wrong: 'the login did not work' };
    const out = await client.send({ target: '/oauth2/sign_out', headers: cookie() });
    if (out.answers[0] !== undefined) jar.take(out.answers[0]);
    const left = sessionOf(jar, known);
    const after = await client.send({ headers: cookie() });
    const answer = `${describeExchange(out)}, then ${describeExchange(after)}`;
    if (left.size > 0) return { answer, wrong: `${[...left.keys()].join(', ')} stays` };
    return after.answers[0] !== undefined && asksForLogin(after.answers[0], known.site)
      ? { answer }
      : { answer, wrong: 'no login is required' };
  },
};

const frames: SteppedCheck = {
  id: 'foreign-frames',
  tries: 'whether a foreign page may frame the platform',
  request: 'GET / and GET /dex/…',
  expected: "Content-Security-Policy: frame-ancestors 'self' on each answer",
  steps: async (client) => {
    const answers: Answer[] = [];
    for (const target of ['/', '/dex/.well-known/openid-configuration', '/oauth2/userinfo'])
      answers.push(...(await client.send({ target })).answers);
    const policies = answers.map((answer) => headerValues(answer, 'content-security-policy').join());
    const answer = policies.join(' | ');
    return policies.length === 3 && policies.every((policy) => /frame-ancestors '(self|none)'/.test(policy))
      ? { answer }
      : { answer, wrong: 'a foreign page may frame it' };
  },
};

function credentialsOf({ firstLogin }: Known): Credentials {
  if (firstLogin === undefined) throw new Error('a check that needs credentials ran without');
  return firstLogin.credentials;
}

function sessionOf(
  jar: { starting(prefix: string): Map<string, string> },
  { site }: Known,
): ReadonlyMap<string, string> {
  return withoutCsrf(jar.starting(site.sessionCookie));
}

async function withoutSession(client: Client, { site }: Known, target: string): Promise<SteppedResult> {
  const exchange = await client.send({ target });
  const set = exchange.answers
    .flatMap((answer) => headerValues(answer, 'set-cookie'))
    .filter((line) => setsSession(line, site));
  const answer = describeExchange(exchange);
  return set.length === 0 ? { answer } : { answer, wrong: 'a session cookie was set' };
}
