import { randomBytes } from 'node:crypto';
import { RunError } from '../report/errors.ts';
import { type Answer, headerValues } from './answer.ts';
import type { Client } from './client.ts';
import { describeExchange, fromUpstream } from './judge.ts';
import {
  type Credentials,
  cookieOf,
  type Known,
  type LoginResult,
  type PlatformSite,
  type Session,
  type SignCookie,
  type View,
} from './known.ts';
import { logIn } from './login.ts';
import { seenHeaders, seenUser } from './upstream-view.ts';

/** Optional input of the checks. */
export interface Given {
  first?: Credentials;
  second?: Credentials;
  sign?: SignCookie;
}

const kubeflowView = '/api/workgroup/env-info';

/**
 * Learns what the checks depend on: that the platform answers, how Dex says "not found", that users can log in, and which page
 * reports its request. Without these a check could pass because nothing works.
 *
 * @throws RunError when the platform is unreachable or not trusted, or hides which upstream answered
 */
export async function learn(client: Client, site: PlatformSite, given: Given): Promise<Known> {
  const dexNotFound = await askDex(client, site);
  const base: Known = {
    site,
    forged: `forged-${randomBytes(6).toString('hex')}@example.com`,
    dexNotFound,
    plainPort: await listens(client),
    ...(given.sign === undefined ? {} : { sign: given.sign }),
  };
  const first = await session(client, site, given.first);
  const second = await session(client, site, given.second);
  const view = first.session === undefined ? undefined : await findView(client, first.session);
  return {
    ...base,
    ...(first.login === undefined ? {} : { firstLogin: first.login }),
    ...(first.session === undefined ? {} : { first: first.session }),
    ...(second.login === undefined ? {} : { secondLogin: second.login }),
    ...(second.session === undefined ? {} : { second: second.session }),
    ...(view === undefined ? {} : { view }),
  };
}

/** @returns Dex's answer to an unknown path */
async function askDex(client: Client, { origin }: PlatformSite): Promise<Answer> {
  const discovery = await reach(client, origin, '/dex/.well-known/openid-configuration');
  if (discovery?.status !== 200 || !discovery.body.includes(`"${origin}/dex"`)) {
    throw new RunError(
      `${origin} does not answer like this platform: Dex's discovery returned ${discovery?.status ?? 'nothing'}`,
      {
        hint: 'Check that it is up: npm run doctor, kubectl -n argocd get applications. Set another address with --url or --address.',
      },
    );
  }
  if (!fromUpstream(discovery)) {
    throw new RunError(
      `cannot tell whether an upstream answered: answers of ${origin} have no x-envoy-upstream-service-time`,
      {
        hint: 'A proxy in front of the gateway removes this header. Connect to the gateway itself with --address.',
      },
    );
  }
  const answer = await reach(client, origin, `/dex/${randomBytes(6).toString('hex')}`);
  if (answer === undefined || answer.status !== 404)
    throw new RunError(`Dex at ${origin} does not answer 404 to an unknown path`, {
      hint: 'The checks recognise Dex by this answer. Check that no proxy replaces it; connect to the gateway itself with --address.',
    });
  return answer;
}

async function reach(client: Client, origin: string, target: string): Promise<Answer | undefined> {
  try {
    return (await client.send({ target, accept: '*/*' })).answers[0];
  } catch (error) {
    throw unreachable(error, origin, client);
  }
}

const untrusted = /CERT|SELF_SIGNED|ISSUER|UNABLE_TO_VERIFY/;

function unreachable(error: unknown, origin: string, { target }: Client): unknown {
  if (!(error instanceof Error && 'code' in error)) return error;
  const code = String(error.code);
  if (untrusted.test(code))
    return new RunError(`the certificate of ${origin} is not trusted: ${error.message}`, {
      hint: 'Pass its CA with --ca FILE, or --context NAME to read it from the cluster.',
      cause: error,
    });
  return new RunError(`${origin} cannot be reached at ${target.address} port ${target.port}: ${error.message}`, {
    hint: 'Check the address. A host without DNS needs --address IP.',
    cause: error,
  });
}

async function listens(client: Client): Promise<boolean> {
  try {
    await client.send({ scheme: 'http' });
    return true;
  } catch {
    return false;
  }
}

async function session(
  client: Client,
  site: PlatformSite,
  credentials: Credentials | undefined,
): Promise<{ login?: LoginResult; session?: Session }> {
  if (credentials === undefined) return {};
  try {
    const { jar, hops, last, leadsTo } = await logIn(client, site, credentials, '/');
    const setCookies = headerValues(last, 'set-cookie').filter((line) => setsSession(line, site));
    const answer = `${hops.join(' → ')}, ending in ${last.status}${leadsTo === undefined ? '' : ` to ${leadsTo.slice(0, 60)}`}`;
    const cookies = withoutCsrf(jar.starting(site.sessionCookie));
    const wrong = cookies.size === 0 ? whyNot(last, hops) : undefined;
    const { email, groups } = credentials;
    return {
      login: { credentials, answer, setCookies, ...(wrong === undefined ? {} : { wrong }) },
      ...(wrong === undefined ? { session: { email, cookies, ...(groups === undefined ? {} : { groups }) } } : {}),
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { login: { credentials, answer: message, wrong: 'the login failed midway', setCookies: [] } };
  }
}

/** @returns true when a Set-Cookie line sets a session: not a deletion, and not the login's CSRF cookie */
export function setsSession(line: string, { sessionCookie }: PlatformSite): boolean {
  return line.startsWith(sessionCookie) && !/^[^=]*_csrf/.test(line) && !/^[^=]*=(;|$)/.test(line);
}

/** @returns the cookies without the login's CSRF cookie, which is not part of the session */
export function withoutCsrf(all: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...all].filter(([name]) => !name.includes('_csrf')));
}

function whyNot(last: Answer, hops: readonly string[]): string {
  if (/invalid|incorrect/i.test(last.body) && hops.some((hop) => hop.startsWith('POST')))
    return 'the login form refused the password';
  if (!hops.some((hop) => hop.startsWith('POST'))) return 'no login form appeared (try another --connector)';
  return `no session after the login (${describeExchange({ answers: [last] })})`;
}

/** Finds a page that reports its request: the rehearsal's fake all headers, Kubeflow's dashboard only the user. */
async function findView(client: Client, session: Session): Promise<View | undefined> {
  for (const target of ['/', kubeflowView]) {
    const request = { target, accept: 'application/json', headers: [['Cookie', cookieOf(session)] as const] };
    const [answer] = (await client.send(request)).answers;
    if (answer === undefined || answer.status !== 200 || !fromUpstream(answer)) continue;
    if (seenHeaders(answer) !== undefined) return { target, shows: 'headers' };
    if (seenUser(answer) !== undefined) return { target, shows: 'identity' };
  }
  return undefined;
}
