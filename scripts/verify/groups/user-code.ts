import { type Answer, header } from '../answer.ts';
import type { Expectation, Group, SingleCheck, SteppedCheck } from '../check.ts';
import { describeExchange, forbidden, fromUpstream, loginOrDenied, redirectsToHttpsOf, unserved } from '../judge.ts';
import { cookieOf, type Known, type PlatformSite, type Session } from '../known.ts';
import { withoutCsrf } from '../learn.ts';
import { logIn } from '../login.ts';
import type { Request } from '../request.ts';

type Host = NonNullable<PlatformSite['userCode']>;

/** A path of a notebook that need not exist: the check comes first. */
const notebook = '/notebook/verify/none/';

/** The host of users' code, where there is one: neither its sessions nor its logins' codes are of use on the platform's host. */
export const userCode: Group = {
  name: 'user-code',
  title: "The host of users' code",
  checks: ({ userCode: host, origin }) => (host === undefined ? [] : [...requests(host, origin), ownLogin(host)]),
};

function requests(host: Host, origin: string): SingleCheck[] {
  const there = (target: string): Request => ({ target, hosts: [host.authority], server: host.host });
  const withCookie = (request: Request, { first }: Known, name?: string): Request => ({
    ...request,
    headers: [
      ...(request.headers ?? []),
      ['Cookie', first === undefined ? '' : name === undefined ? cookieOf(first) : renamed(first, name)],
    ],
  });
  const script = { accept: '*/*', headers: [['Sec-Fetch-Mode', 'cors'] as const] };
  return [
    { id: 'page', tries: `to open ${notebook} without a session`, send: there(notebook), expect: loginOrDenied },
    {
      id: 'forged',
      tries: `to open ${notebook} as another user with forged headers`,
      send: ({ forged, site }) => ({
        ...there(notebook),
        headers: [site.userHeader, 'x-auth-request-email'].map((name) => [name, forged] as const),
      }),
      expect: loginOrDenied,
    },
    ...[undefined, host.sessionCookie].map(
      (name): SingleCheck => ({
        id: name === undefined ? 'platform-session' : 'platform-session-renamed',
        tries: `to open ${notebook} with a session of the platform${name === undefined ? '' : `, as ${name}`}`,
        needs: ['first'],
        send: (known) => withCookie(there(notebook), known, name),
        expect: loginOrDenied,
      }),
    ),
    ...['/', '/api/workgroup/env-info', '/pipeline/', '/jupyter/', '/dex/auth', '/hooks/argocd'].map(
      (target): SingleCheck => ({
        id: `platform${target}`,
        tries: `to reach the platform's ${target} on the host of users' code`,
        send: there(target),
        expect: unserved,
      }),
    ),
    {
      id: 'by-platform',
      tries: `to open ${host.authority} on a connection to the platform's host`,
      send: { hosts: [host.authority], target: notebook },
      expect: unserved,
    },
    {
      id: 'to-platform',
      tries: `to open the platform's host on a connection to ${host.authority}`,
      send: { server: host.host },
      expect: unserved,
    },
    {
      id: 'plain',
      tries: `to open ${host.authority} over plain HTTP`,
      needs: ['port 80'],
      send: { scheme: 'http', hosts: [host.authority] },
      expect: redirectsToHttpsOf(`https://${host.authority}`),
    },
    {
      id: 'link',
      tries: `whether the platform's ${notebook} leads there`,
      needs: ['first'],
      send: (known) => withCookie({ target: notebook }, known),
      expect: leadsTo(`https://${host.authority}${notebook}`),
    },
    {
      id: 'script',
      tries: `to call the platform's ${notebook} from a page's script`,
      needs: ['first'],
      send: (known) => withCookie({ ...script, target: notebook }, known),
      expect: unserved,
    },
    {
      id: 'page-script',
      tries: `to call the platform with a session from a page of ${host.authority}`,
      needs: ['first'],
      send: (known) => withCookie({ ...script, headers: [...script.headers, ['Sec-Fetch-Site', 'same-site']] }, known),
      expect: forbidden,
    },
    code('platform-code', `to make Dex send the platform client's authorization code to ${host.authority}`, {
      client: 'oauth2-proxy',
      origin: `https://${host.authority}`,
    }),
    code('own-code', "to make Dex send its client's authorization code to the platform's host", {
      client: 'oauth2-proxy-apps',
      origin,
    }),
  ];
}

/** Dex compares redirect URIs with those of the client. */
function code(id: string, tries: string, { client, origin }: { client: string; origin: string }): SingleCheck {
  return {
    id,
    tries,
    send: ({ site }) => {
      const query = new URLSearchParams({
        client_id: client,
        redirect_uri: `${origin}/oauth2/callback`,
        response_type: 'code',
        scope: 'openid email',
        state: 'x',
      });
      return { target: `/dex/auth/${encodeURIComponent(site.connector)}?${query}` };
    },
    expect: {
      text: 'Dex refuses',
      judge: ({ answers: [answer] }) =>
        answer !== undefined && answer.status >= 400 && header(answer, 'location') === undefined
          ? undefined
          : 'Dex accepts it',
    },
  };
}

function leadsTo(url: string): Expectation {
  const leads = (answer: Answer | undefined) =>
    answer?.status === 302 && header(answer, 'location') === url && !fromUpstream(answer);
  return {
    text: `302 to ${url}`,
    judge: ({ answers }) => (leads(answers[0]) ? undefined : `answered ${answers[0]?.status ?? 'nothing'}`),
  };
}

/** The parts of a session's cookie under another name. */
function renamed({ cookies }: Session, name: string, old = '__Host-breakwater'): string {
  return [...cookies].map(([part, value]) => `${part.replace(old, name)}=${value}`).join('; ');
}

function ownLogin(host: Host): SteppedCheck {
  return {
    id: 'own-session',
    tries: "to open the platform with a session of the host of users' code, under both names",
    needs: ['first'],
    request: `a login at ${host.authority}, then GET / on the platform's host`,
    expected: 'a session there, and the login here',
    steps: async (client, known) => {
      const credentials = known.firstLogin?.credentials;
      if (credentials === undefined) throw new Error('a check that needs credentials ran without');
      const { jar } = await logIn(client, known.site, credentials, `https://${host.authority}${notebook}`);
      const cookies = withoutCsrf(jar.starting(host.sessionCookie));
      if (cookies.size === 0) return { answer: 'no session', wrong: 'the login did not work' };
      const session = { email: credentials.email, cookies };
      const answers: string[] = [];
      for (const cookie of [cookieOf(session), renamed(session, known.site.sessionCookie, host.sessionCookie)]) {
        const exchange = await client.send({ headers: [['Cookie', cookie]] });
        answers.push(describeExchange(exchange));
        const wrong = loginOrDenied.judge(exchange, known);
        if (wrong !== undefined) return { answer: answers.join(', '), wrong };
      }
      return { answer: answers.join(', ') };
    },
  };
}
