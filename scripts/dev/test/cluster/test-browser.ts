import { ask } from '../../rehearsal/observe/ask.ts';
import { password } from './test-gateway.ts';

/** A cookie with the host that it is for, and all below it. */
interface Cookie {
  name: string;
  value: string;
  domain: string;
  /** Not for hosts below it. */
  hostOnly?: boolean;
}

let browsers = 0;

/** A browser, as far as this needs one: cookies by domain, redirects, and a form. Each has its own address: the gateway limits logins by it. */
export class Browser {
  readonly port: number;
  readonly #address: string;
  cookies: Cookie[] = [];
  visited: string[] = [];

  /** @param port of the gateway, whatever host a URL names */
  constructor(port: number) {
    this.port = port;
    browsers += 1;
    this.#address = `127.1.${browsers >> 8}.${browsers & 255}`;
  }

  async get(url: string, headers: Record<string, string> = {}, body = '') {
    const { host } = new URL(url);
    const path = url.slice(url.indexOf(host) + host.length);
    const cookie = this.cookies
      .filter(({ domain, hostOnly }) => host === domain || (hostOnly !== true && host.endsWith(`.${domain}`)))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const answer = await ask(`http://127.0.0.1:${this.port}${path}`, {
      method: body === '' ? 'GET' : 'POST',
      body,
      from: this.#address,
      headers: { host, accept: 'text/html', ...(cookie === '' ? {} : { cookie }), ...headers },
    });
    for (const line of answer.headers['set-cookie'] ?? []) this.#keep(line, host);
    return answer;
  }

  #keep(line: string, host: string): void {
    const [pair = '', ...attributes] = line.split(/;\s*/);
    const [name = '', ...value] = pair.split('=');
    const named = attributes
      .find((one) => /^domain=/i.test(one))
      ?.slice('domain='.length)
      .replace(/^\./, '');
    const domain = named ?? host;
    this.cookies = this.cookies.filter((one) => one.name !== name || one.domain !== domain);
    if (value.join('=') !== '')
      this.cookies.push({ name, value: value.join('='), domain, hostOnly: named === undefined });
  }

  /**
   * Opens a page, follows redirects, and logs in where that is asked for.
   *
   * @param until stops before this address is asked
   */
  async open(url: string, email?: string, until = (_: string) => false) {
    let next = url;
    let body = '';
    for (let step = 0; step < 20; step += 1) {
      this.visited.push(next);
      if (until(next)) return { url: next, status: 0, body: '' };
      const answer = await this.get(
        next,
        body === '' ? {} : { 'content-type': 'application/x-www-form-urlencoded' },
        body,
      );
      body = '';
      const form = /<form[^>]*\saction="([^"]*)"/.exec(answer.body)?.[1];
      if (answer.headers.location !== undefined) next = new URL(answer.headers.location, next).href;
      else if (form !== undefined && email !== undefined) {
        next = new URL(form.replaceAll('&amp;', '&'), next).href;
        body = new URLSearchParams({ login: email, password }).toString();
      } else return { url: next, status: answer.status, body: answer.body };
    }
    throw new Error(`was redirected too often: ${this.visited.join(' ')}`);
  }
}
