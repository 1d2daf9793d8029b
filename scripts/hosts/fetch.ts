import { Buffer } from 'node:buffer';
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import tls from 'node:tls';

/** What a request may hold; a part of what `fetch` takes. */
export interface FetchOptions {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
}

/** As the global `fetch`, as far as Octokit needs it. */
export type Fetch = (url: string, options?: FetchOptions) => Promise<Response>;

const patience = 30_000;

/**
 * Makes a fetch that goes through the proxy of the environment and trusts a further CA. Node 20's own knows neither.
 *
 * @param environment HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, in lower case too
 * @param ca certificates (PEM) trusted beside those that Node brings
 */
export function makeFetch(environment: NodeJS.ProcessEnv, ca?: string): Fetch {
  const trust = ca === undefined ? {} : { ca: [...tls.rootCertificates, ca] };
  return async (address, options = {}) => {
    const url = new URL(address);
    const proxy = proxyFor(url, environment);
    const tunnel = proxy === undefined ? undefined : await connect(proxy, url);
    return new Promise((resolve, reject) => {
      const { request } = url.protocol === 'http:' ? http : https;
      const through = tunnel === undefined ? {} : { agent: false, createConnection: () => secure(tunnel, url, trust) };
      const sent = request(
        url,
        { method: options.method ?? 'GET', headers: { ...options.headers }, timeout: patience, ...trust, ...through },
        (response) => resolve(collect(response)),
      );
      sent.on('timeout', () => sent.destroy(new Error(`${url.host} does not answer`)));
      sent.on('error', reject);
      sent.end(options.body);
    });
  };
}

/**
 * Chooses the proxy for a URL as curl does.
 *
 * @see https://everything.curl.dev/usingcurl/proxies/env.html
 */
export function proxyFor(url: URL, environment: NodeJS.ProcessEnv): URL | undefined {
  const named = (name: string) => environment[name.toLowerCase()] || environment[name];
  const exceptions = (named('NO_PROXY') ?? '').split(',').map((entry) =>
    entry
      .trim()
      .toLowerCase()
      .replace(/^\*?\./, ''),
  );
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const excepted = exceptions.some((entry) => {
    const [host, only] = entry.split(':');
    if (entry === '*') return true;
    return host !== '' && (only === undefined || only === port) && `.${url.hostname}`.endsWith(`.${host}`);
  });
  const proxy = named(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY') ?? named('ALL_PROXY');
  if (excepted || proxy === undefined) return undefined;
  return new URL(proxy.includes('://') ? proxy : `http://${proxy}`);
}

function connect(proxy: URL, url: URL): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const target = `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`;
    const user = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    const authorization = { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` };
    const headers = { host: target, ...(user === ':' ? {} : authorization) };
    const { request } = proxy.protocol === 'https:' ? https : http;
    const asked = request(`${proxy.origin}/`, {
      method: 'CONNECT',
      path: target,
      headers,
      timeout: patience,
      agent: false,
    });
    asked.on('connect', (response, socket: Socket) => {
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`the proxy ${proxy.host} answered ${response.statusCode}`));
    });
    asked.on('timeout', () => asked.destroy(new Error(`the proxy ${proxy.host} does not answer`)));
    asked.on('error', (error) => reject(new Error(`the proxy ${proxy.host} failed: ${error.message}`)));
    asked.end();
  });
}

function secure(socket: Socket, url: URL, trust: { ca?: string[] }): Socket {
  return url.protocol === 'http:' ? socket : tls.connect({ socket, servername: url.hostname, ...trust });
}

async function collect(response: http.IncomingMessage): Promise<Response> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers)) headers.set(name, [value].flat().join(', '));
  const status = response.statusCode ?? 500;
  const empty = status === 204 || status === 205 || status === 304;
  return new Response(empty ? null : Buffer.concat(chunks), { status, headers });
}
