import { createServer as createPlainServer, type Server } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { claimedIdentities } from '../../components/identity.ts';
import type { Target } from '../../verify/client.ts';
import { cookieSigner } from '../../verify/sign-cookie.ts';
import type { Flaw } from './fake-flaws.ts';
import { isKnownHole, isSandboxed } from './fake-known-holes.ts';
import { cookiesOf, type Lines, linesOf, normalized } from './fake-request.ts';
import { clients, userCode } from './fake-user-code.ts';
import { makeSelfSigned } from './self-signed.ts';

/** A minimal platform that behaves like the real one from outside, over real sockets: gateway, login check, Dex, and an upstream. */
export interface TestPlatform {
  target: Target;
  key: string;
  stop(): Promise<void>;
}

export const users = {
  ann: { email: 'ann@example.com', password: 'pass of ann', groups: ['admins', 'staff'] },
  bob: { email: 'bob@example.com', password: 'pass of bob', groups: [] },
} as const;

const mark = { 'x-envoy-upstream-service-time': '1' };
const taken = new Set(claimedIdentities);
const takenToo = /^(x-envoy-.*|x-breakwater-app|authorization|x-forwarded-(?!for$|proto$|uri$).*)$/;
const key = 'the cookie key of this platform';
const sign = cookieSigner(key);

type Headers = Record<string, string | string[]>;

interface Reply {
  status: number;
  headers?: Headers;
  body?: string;
}

/** Starts the platform on loopback. */
export async function startTestPlatform(...flaws: readonly Flaw[]): Promise<TestPlatform> {
  const { certificate, key: privateKey } = makeSelfSigned();
  const old = flaws.includes('speaks old TLS');
  const secure = createSecureServer({
    key: privateKey,
    cert: certificate,
    allowHTTP1: true,
    ...(old ? { minVersion: 'TLSv1' as const, ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
  });
  const port = await listen(secure);
  const authority = `127.0.0.1:${port}`;
  const platform = new Platform('platform', authority, flaws);
  const code = new Platform('code', authority, flaws);
  secure.on('request', (request, response) => {
    const host = request.headers.host ?? request.headers[':authority'];
    (host === userCode.authority ? code : platform).answer(request, response);
  });
  const plain = createPlainServer((request, response) => {
    if (flaws.includes('serves plain http')) response.writeHead(200, mark).end('{}');
    else if (request.headers.host !== authority && request.headers.host !== userCode.authority)
      response.writeHead(404).end();
    else
      response
        .writeHead(301, { location: `https://${request.headers.host}${request.url?.replace(/^https?:\/\/[^/]*/, '')}` })
        .end();
  });
  const plainPort = await listen(plain);
  return {
    target: { host: '127.0.0.1', authority, address: '127.0.0.1', port, plainPort, ca: certificate },
    key,
    stop: async () => {
      await Promise.all([secure, plain].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

function listen(server: Server | Http2SecureServer): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

class Platform {
  readonly #kind: keyof typeof clients;
  readonly #authority: string;
  /** Address of Dex. */
  readonly #dexOrigin: string;
  readonly #session: string;
  readonly #flaws: readonly Flaw[];
  readonly #starts = new Map<string, string>();

  constructor(kind: keyof typeof clients, authority: string, flaws: readonly Flaw[]) {
    const own = kind === 'platform' || flaws.includes('gives users’ code its session');
    this.#kind = kind;
    this.#authority = kind === 'platform' ? authority : userCode.authority;
    this.#dexOrigin = `https://${authority}`;
    this.#session = own ? '__Host-breakwater' : userCode.sessionCookie;
    this.#flaws = flaws;
  }

  answer(request: Http2ServerRequest, response: Http2ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const reply = this.#reply(request, Buffer.concat(chunks).toString());
      const framed = this.#has('frames anywhere') ? {} : { 'content-security-policy': "frame-ancestors 'self'" };
      const guarded = !this.#has('shuts no known hole') && isSandboxed(request.url);
      const headers: Headers = {
        ...framed,
        ...(guarded ? { 'content-security-policy': 'sandbox' } : {}),
        ...reply.headers,
      };
      if (this.#has('hides who answered')) delete headers['x-envoy-upstream-service-time'];
      response.writeHead(reply.status, headers);
      response.end(reply.body ?? '');
    });
  }

  #has(flaw: Flaw): boolean {
    return this.#flaws.includes(flaw);
  }

  #reply(request: Http2ServerRequest, body: string): Reply {
    const lines = linesOf(request);
    const hosts = lines.filter(([name]) => name === 'host' || name === ':authority').map(([, value]) => value);
    const absolute = /^https?:\/\/([^/]*)(.*)$/.exec(request.url);
    const host = absolute?.[1] ?? hosts[0];
    if (host !== this.#authority || new Set(hosts).size > 1) return { status: 404 };
    const target = absolute === null ? request.url : (absolute[2] ?? '/');
    if (!target.startsWith('/')) return { status: 400 };
    const [raw = '/', query = ''] = target.split(/\?(.*)/s);
    // Without normalization, the raw path decides whether a check is needed, and the decoded one is served.
    const path = normalized(raw);
    const told = this.#has('skips normalization') ? raw : path;
    if (!this.#has('shuts no known hole') && isKnownHole(request.method, target, lines)) return { status: 403 };
    if (told.startsWith('/dex/') && this.#kind === 'platform')
      return path.startsWith('/dex/')
        ? this.#dex(request.method, path, query, body)
        : this.#upstream(request, lines, path, 'nobody');
    if (told.startsWith('/oauth2/')) return this.#proxy(path, new URLSearchParams(query), lines);
    return this.#checked(request, lines, path, query);
  }

  #checked(request: Http2ServerRequest, lines: Lines, path: string, query: string): Reply {
    const value = (name: string) => lines.find(([key]) => key === name)?.[1];
    const email = this.#sessionOf(lines);
    const passes =
      (this.#kind === 'code' && this.#has('serves itself with users’ code')) ||
      (this.#has('answers pings') && ['/ping', '/robots.txt'].includes(path)) ||
      (this.#has('lets a bearer in') && value('authorization') !== undefined) ||
      (this.#has('checks GET only') && request.method !== 'GET' && request.method !== 'OPTIONS') ||
      (this.#has('lets upgrades pass') && value('upgrade') === 'websocket') ||
      (this.#has('lets preflights pass') && request.method === 'OPTIONS');
    if (email === undefined && !passes) {
      if (value('accept')?.includes('json')) return { status: 401, body: '{}' };
      return this.#start(query === '' ? path : `${path}?${query}`);
    }
    const foreign = this.#ofOtherHost(path, value('sec-fetch-mode'));
    if (foreign !== undefined) return foreign;
    // An app for admins: its filter runs after the login check.
    const admin = Object.values(users).some((user) => user.email === email && user.groups.join().includes('admins'));
    if (path.startsWith('/tools/') && !admin && !this.#has('lets strangers in')) return { status: 403 };
    const open = this.#has('allows any origin') ? { 'access-control-allow-origin': '*' } : {};
    const reply = this.#upstream(request, lines, path, email);
    return { ...reply, headers: { ...reply.headers, ...open } };
  }

  /** One host serves users' code, the other the rest of the platform. */
  #ofOtherHost(path: string, mode: string | undefined): Reply | undefined {
    const isCode = path.startsWith('/notebook/');
    if (this.#kind === 'code')
      return isCode || this.#has('serves itself with users’ code') ? undefined : { status: 404 };
    if (!isCode) return undefined;
    if (mode !== undefined && mode !== 'navigate')
      return this.#has('lets scripts at users’ code') ? undefined : { status: 404 };
    return { status: 302, headers: { location: `https://${userCode.authority}${path}` } };
  }

  #upstream(request: Http2ServerRequest, lines: Lines, path: string, email: string | undefined): Reply {
    const kept = lines.filter(([name]) => {
      if (name.startsWith(':')) return false;
      if (name.includes('_')) return this.#has('keeps underscores');
      return this.#has('keeps forged headers') || !(taken.has(name) || takenToo.test(name));
    });
    const headers: Record<string, string[]> = {};
    const add = (name: string, value: string) => {
      headers[name] = [...(headers[name] ?? []), value];
    };
    for (const [name, value] of kept) if (name !== 'cookie') add(name, value);
    const cookies = cookiesOf(lines).filter(
      ([name]) => this.#has('passes the session on') || !name.startsWith('__Host-breakwater'),
    );
    if (cookies.length > 0) add('cookie', cookies.map((pair) => pair.join('=')).join('; '));
    const user = Object.values(users).find((entry) => entry.email === email);
    if (user !== undefined) {
      headers['kubeflow-userid'] = [user.email];
      // Like Envoy: overwrites only headers in the check's answer.
      if (user.groups.length > 0) headers['kubeflow-groups'] = [user.groups.join(',')];
    }
    const body = JSON.stringify({ method: request.method, path, headers });
    return { status: 200, headers: { ...mark, 'content-type': 'application/json' }, body };
  }

  #sessionOf(lines: Lines): string | undefined {
    const value = cookiesOf(lines).find(([name]) => name === this.#session)?.[1] ?? '';
    const [text = '', time = '', signature = ''] = value.split('|');
    if (text === '') return undefined;
    const age = Date.now() / 1000 - Number(time);
    const right = sign(this.#session, text, new Date(Number(time) * 1000)) === `${text}|${time}|${signature}`;
    if (!right && !this.#has('believes any cookie')) return undefined;
    if ((age > 3600 || age < -300) && !this.#has('forgets to expire')) return undefined;
    return Buffer.from(text, 'base64url').toString();
  }

  /** The redirect to the login, as OAuth2 Proxy writes it. */
  #start(way: string): Reply {
    const origin = `https://${this.#authority}`;
    const nonce = String(this.#starts.size);
    this.#starts.set(nonce, way);
    const query = new URLSearchParams({
      client_id: clients[this.#kind],
      redirect_uri: `${origin}/oauth2/callback`,
      state: `${nonce}:${encodeURIComponent(way)}`,
    });
    return {
      status: 302,
      headers: {
        location: `${this.#dexOrigin}/dex/auth?${query}`,
        'set-cookie': `${this.#session}_csrf=${nonce}; Path=/; Secure; HttpOnly; SameSite=Lax`,
      },
    };
  }

  #way(rd: string | null): string {
    if (rd === null) return '/';
    return this.#has('redirects anywhere') || /^\/(?![/\\\s])[^\\\s]*$/.test(rd) ? rd : '/';
  }

  #proxy(path: string, query: URLSearchParams, lines: Lines): Reply {
    if (path === '/oauth2/start' || path === '/oauth2/sign_in') {
      const reply = this.#start(this.#way(query.get('rd')));
      return { ...reply, headers: { ...reply.headers, ...mark } };
    }
    if (path === '/oauth2/sign_out') {
      const deleted = `${this.#session}=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT`;
      return { status: 302, headers: { ...mark, location: this.#way(query.get('rd')), 'set-cookie': deleted } };
    }
    if (path === '/oauth2/callback') {
      const [nonce = '', ...way] = (query.get('state') ?? '').split(':');
      const csrf = cookiesOf(lines).find(([name]) => name === `${this.#session}_csrf`)?.[1];
      if (csrf !== nonce || !this.#starts.has(nonce)) return { status: 403, headers: mark };
      const email = Buffer.from(query.get('code') ?? '', 'base64url').toString();
      const cookie = sign(this.#session, Buffer.from(email).toString('base64url'), new Date());
      return {
        status: 302,
        headers: {
          ...mark,
          location: decodeURIComponent(way.join(':')),
          'set-cookie': [
            `${this.#session}=${cookie}; Path=/; Secure; HttpOnly; SameSite=Lax${this.#has('shares its cookie') ? `; Domain=${this.#authority.split(':')[0]}` : ''}`,
            `${this.#session}_csrf=; Path=/; Max-Age=0`,
          ],
        },
      };
    }
    if (['/oauth2/auth', '/oauth2/userinfo'].includes(path))
      return { status: 401, headers: mark, body: 'Unauthorized' };
    return this.#start('/');
  }

  #dex(method: string, path: string, query: string, body: string): Reply {
    const origin = `https://${this.#authority}`;
    const parameters = new URLSearchParams(query);
    if (path === '/dex/.well-known/openid-configuration')
      return { status: 200, headers: mark, body: JSON.stringify({ issuer: `${origin}/dex` }) };
    // Since Dex 2.46, the form returns here, and this redirects to the callback.
    if (path === '/dex/auth' && parameters.has('hmac'))
      return { status: 303, headers: { ...mark, location: `${parameters.get('end')}?${parameters.get('req')}` } };
    if (!path.startsWith('/dex/auth/local')) return { status: 404, headers: mark, body: '404 page not found\n' };
    const end = parameters.get('redirect_uri') ?? '';
    const home = parameters.get('client_id') === clients.code ? `https://${userCode.authority}` : origin;
    if (end !== `${home}/oauth2/callback` && !this.#has('sends codes anywhere')) return { status: 400, headers: mark };
    if (method !== 'POST') {
      const form = '<form method="post"><input name="login"><input type="password" name="password"></form>';
      return { status: 200, headers: mark, body: form };
    }
    const form = new URLSearchParams(body);
    const user = Object.values(users).find(({ email }) => email === form.get('login'));
    if (user === undefined || (user.password !== form.get('password') && !this.#has('takes any password')))
      return { status: 401, headers: mark, body: 'Invalid Email Address and password.' };
    const code = Buffer.from(user.email).toString('base64url');
    const back = new URLSearchParams({ code, state: parameters.get('state') ?? '' });
    const step = new URLSearchParams({ hmac: 'signed', end, req: back.toString() });
    return { status: 303, headers: { ...mark, location: `/dex/auth?${step}` } };
  }
}
