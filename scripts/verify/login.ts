import { type Answer, header } from './answer.ts';
import type { Client } from './client.ts';
import { CookieJar } from './cookies.ts';
import type { Credentials, PlatformSite } from './known.ts';
import type { Request } from './request.ts';

/** Course of a login. */
export interface Login {
  jar: CookieJar;
  /** Paths that the browser visited, in order. */
  hops: readonly string[];
  /** The last answer. */
  last: Answer;
  /** Location of the last answer: off the platform, or after the callback. */
  leadsTo?: string;
}

const mostHops = 15;

/**
 * Logs in as a browser does: follows redirects, keeps cookies, submits Dex's form once.
 * Ends with the callback's answer, with a redirect off the platform, or with an answer that is not a redirect.
 *
 * @param start URL to start at, on http or https
 * @throws Error without any answer
 */
export async function logIn(client: Client, site: PlatformSite, who: Credentials, start: string): Promise<Login> {
  const jar = new CookieJar();
  const hops: string[] = [];
  let url = new URL(start, site.origin);
  let form: string | undefined;
  for (;;) {
    const answer = await step(client, site, jar, url, form);
    hops.push(`${url.protocol === 'https:' ? '' : 'http '}${form === undefined ? '' : 'POST '}${url.pathname}`);
    const location = header(answer, 'location');
    const next = await follow(answer, location, url, site, who, form !== undefined);
    if (url.pathname === '/oauth2/callback' || next === undefined || hops.length >= mostHops)
      return { jar, hops, last: answer, ...(location === undefined ? {} : { leadsTo: location }) };
    url = next.url;
    form = next.form;
  }
}

async function step(
  client: Client,
  site: PlatformSite,
  jar: CookieJar,
  url: URL,
  form: string | undefined,
): Promise<Answer> {
  const scheme = url.protocol === 'http:' ? 'http' : 'https';
  const cookie = jar.header(scheme);
  const request: Request = {
    scheme,
    target: url.pathname + url.search,
    ...(url.hostname === new URL(site.origin).hostname ? {} : { hosts: [url.host], server: url.hostname }),
    headers: [
      ...(cookie === undefined ? [] : [['Cookie', cookie] as const]),
      ...(form === undefined ? [] : [['Content-Type', 'application/x-www-form-urlencoded'] as const]),
    ],
    ...(form === undefined ? {} : { method: 'POST', body: form }),
  };
  const [answer] = (await client.send(request)).answers;
  if (answer === undefined) throw new Error(`no answer to ${url.pathname}`);
  jar.take(answer);
  return answer;
}

async function follow(
  answer: Answer,
  location: string | undefined,
  url: URL,
  site: PlatformSite,
  who: Credentials,
  sent: boolean,
): Promise<{ url: URL; form?: string } | undefined> {
  if (location !== undefined && answer.status >= 300 && answer.status < 400) {
    if (!URL.canParse(location, url.href)) return undefined;
    const next = new URL(location, url);
    if (![site.authority, ...site.logins].some((one) => new URL(`https://${one}`).hostname === next.hostname))
      return undefined;
    // Skips the list of connectors. Dex 2.46 returns here after the form, with req and hmac.
    if (next.pathname === '/dex/auth' && next.searchParams.has('client_id'))
      next.pathname = `/dex/auth/${encodeURIComponent(who.connector)}`;
    return { url: next };
  }
  const isForm = answer.status === 200 && /<input[^>]+name="password"/.test(answer.body);
  if (!isForm || sent) return undefined;
  const action = /<form[^>]+action="([^"]*)"/.exec(answer.body)?.[1]?.replaceAll('&amp;', '&');
  const form = new URLSearchParams({ login: who.email, password: who.password }).toString();
  return { url: new URL(action === undefined || action === '' ? url.href : action, url), form };
}
