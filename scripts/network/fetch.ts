import tls from 'node:tls';
import { Agent, type Dispatcher, fetch, ProxyAgent } from 'undici';
import { begin } from '../report/activity.ts';
import { proxyFor } from './proxy.ts';

/** The options of `fetch` that we need. */
interface FetchOptions {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
}

/** Like the global `fetch`, as far as Octokit needs it, but redirects are not followed. */
export type Fetch = (url: string, options?: FetchOptions) => Promise<Response>;

const timeoutMilliseconds = 30_000;

/**
 * Makes a fetch that uses the environment's proxy and trusts an additional CA. Node 20's own does neither.
 *
 * @param environment HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, in lower case too
 * @param ca certificates (PEM) to trust in addition to Node's
 * @returns a fetch whose errors name the failed address and the reason
 */
export function makeFetch(environment: NodeJS.ProcessEnv, ca?: string): Fetch {
  const trust = ca === undefined ? {} : { ca: [...tls.rootCertificates, ca] };
  const limits = {
    headersTimeout: timeoutMilliseconds,
    bodyTimeout: timeoutMilliseconds,
    connectTimeout: timeoutMilliseconds,
  };
  const dispatchers = new Map<string | undefined, Dispatcher>();
  const dispatcherFor = (proxy: string | undefined): Dispatcher => {
    const known = dispatchers.get(proxy);
    if (known !== undefined) return known;
    // One request per connection, so that no idle connection outlives the command.
    const options = { ...limits, pipelining: 0 };
    const made =
      proxy === undefined
        ? new Agent({ ...options, connect: trust })
        : new ProxyAgent({ ...options, uri: proxy, requestTls: trust, proxyTls: trust });
    dispatchers.set(proxy, made);
    return made;
  };
  return async (url, options = {}) => {
    const proxy = proxyFor(url, environment);
    const init = { ...options, redirect: 'manual' as const, dispatcher: dispatcherFor(proxy) };
    // Parameters may hold what is nobody else's business.
    const done = begin(`${options.method ?? 'GET'} ${url.replace(/\?.*/, '')}`);
    try {
      const response = await fetch(url, init);
      done(String(response.status));
      return response as unknown as Response;
    } catch (error) {
      done('no answer');
      throw explain(error, new URL(url).host, proxy);
    }
  };
}

/** The reason for `fetch failed` is in its cause. */
function explain(error: unknown, host: string, proxy: string | undefined): Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const through = proxy === undefined ? '' : ` through the proxy ${new URL(proxy).host}`;
  return Object.assign(new Error(`${host}${through}: ${reason}`, { cause }), codeOf(cause));
}

function codeOf(cause: unknown): { code?: string } {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === undefined ? {} : { code };
}
