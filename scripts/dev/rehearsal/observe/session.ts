import { type Answer, ask } from './ask.ts';

/** A user's session without a browser: keeps cookies, follows redirects, fills in forms. */
export interface Session {
  /** The current page, after redirects. */
  url: string;
  answer: Answer;
  cookies: ReadonlyMap<string, string>;
  open(url: string): Promise<Answer>;
  /** Fills in and submits the page's form. @throws if the page has none */
  submit(fields: Readonly<Record<string, string>>): Promise<Answer>;
}

const redirectsAtMost = 15;

/**
 * @param addresses host → address, for hosts that this machine cannot resolve
 */
export function startSession(addresses: Readonly<Record<string, string>> = {}): Session {
  // By host and name; a leading dot marks a cookie for a domain and its subdomains.
  const cookies = new Map<string, string>();
  const keep = (host: string, answer: Answer) => {
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      const domain = /;\s*domain=\.?([^;\s]+)/i.exec(line)?.[1];
      const key = `${domain === undefined ? host : `.${domain}`} ${pair.slice(0, at)}`;
      const gone = /max-age=0|expires=thu, 01 jan 1970/i.test(line) || pair.slice(at + 1) === '';
      if (gone) cookies.delete(key);
      else cookies.set(key, pair.slice(at + 1));
    }
  };
  const cookieLine = ({ host, hostname }: URL) =>
    [...cookies]
      .map(([key, value]) => ({ key: key.split(' '), value }))
      .filter(({ key: [at = ''] }) => at === host || (at.startsWith('.') && `.${hostname}`.endsWith(at)))
      .map(({ key: [, name], value }) => `${name}=${value}`)
      .join('; ');
  const send = async (method: string, target: string, body: string): Promise<Answer> => {
    let url = target;
    for (let step = 0; step < redirectsAtMost; step += 1) {
      const { host, hostname } = new URL(url);
      const cookie = cookieLine(new URL(url));
      const address = addresses[hostname];
      const first = step === 0;
      const answer = await ask(url, {
        method: first ? method : 'GET',
        body: first ? body : '',
        headers: {
          accept: 'text/html',
          ...(cookie === '' ? {} : { cookie }),
          ...(first && body !== '' ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        },
        ...(address === undefined ? {} : { address }),
      });
      keep(host, answer);
      session.url = url;
      session.answer = answer;
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status > 399 || location === undefined) return answer;
      url = new URL(location, url).href;
    }
    throw new Error(`more than ${redirectsAtMost} redirects from ${target}`);
  };
  const session: Session = {
    url: 'about:blank',
    answer: { status: 0, headers: {}, body: '' },
    cookies,
    open: (url) => send('GET', url, ''),
    submit: (fields) => {
      const action = /<form[^>]*\saction="([^"]*)"/.exec(session.answer.body)?.[1];
      if (action === undefined) throw new Error(`no form on ${session.url} (${session.answer.status})`);
      const target = new URL(action.replaceAll('&amp;', '&'), session.url).href;
      return send('POST', target, new URLSearchParams(fields).toString());
    },
  };
  return session;
}

/** Logs in through Dex, where several login pages may exist. @returns the response of the requested page */
export async function logIn(
  session: Session,
  url: string,
  { email, password }: { email: string; password: string },
  connector = 'local',
): Promise<Answer> {
  await session.open(url);
  const choice = new RegExp(`href="([^"]*/dex/auth/${connector}\\?[^"]*)"`).exec(session.answer.body)?.[1];
  if (choice !== undefined) await session.open(new URL(choice.replaceAll('&amp;', '&'), session.url).href);
  return await session.submit({ login: email, password });
}
