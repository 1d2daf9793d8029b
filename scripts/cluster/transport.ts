import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { createInterface } from 'node:readline';
import type { KubeConfig } from '@kubernetes/client-node';
import { begin, during } from '../report/activity.ts';

/** One request to the API server. */
export interface ApiRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Path after the server's address, for example `/api/v1/namespaces`. */
  path: string;
  query?: Readonly<Record<string, string>>;
  body?: unknown;
  contentType?: string;
}

/** A response with parsed JSON; `body` is undefined otherwise. */
export interface ApiResponse {
  status: number;
  body: unknown;
  text: string;
  /** Seconds to wait before the next attempt, as requested by the server. */
  retryAfter?: number;
}

/** Sends requests to one API server. Tests wrap it to fail or stop at a chosen request. */
export interface Transport {
  /** @throws the network error when there is no response */
  send(request: ApiRequest): Promise<ApiResponse>;
  /** Lines of JSON of a watch, until the server or `signal` ends it. */
  lines(request: ApiRequest, signal: AbortSignal): AsyncIterable<unknown>;
}

export interface TransportOptions {
  /** Time limit of one request in milliseconds, without the credential plugin. */
  timeout: number;
  /** Aborts all requests. */
  signal?: AbortSignal;
}

/**
 * Speaks JSON to the API server of a kubeconfig's current context, with its credentials, CA and proxy.
 *
 * Does not use the library's typed clients: they drop fields that their model lacks or spells differently
 * (`x-kubernetes-…` in CRDs, fields newer than the library), and so would apply something else than was reviewed.
 */
export function kubeTransport(config: KubeConfig, options: TransportOptions): Transport {
  const server = (config.getCurrentCluster()?.server ?? '').replace(/\/+$/, '');

  /** Certificates, tokens, the proxy: may run a credential plugin, where a person has to log in. */
  async function credentials(): Promise<RequestOptions> {
    const settings: RequestOptions = {};
    await untilAborted(config.applyToHTTPSOptions(settings), either(AbortSignal.timeout(120_000), options.signal));
    return settings;
  }

  async function open(request: ApiRequest, settings: RequestOptions, signal: AbortSignal): Promise<IncomingMessage> {
    const url = new URL(server + request.path);
    for (const [key, value] of Object.entries(request.query ?? {})) url.searchParams.set(key, value);
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    settings.headers = {
      ...(settings.headers as Record<string, string> | undefined),
      Accept: 'application/json',
      'User-Agent': 'breakwater',
      ...(body === undefined
        ? {}
        : { 'Content-Type': request.contentType ?? 'application/json', 'Content-Length': Buffer.byteLength(body) }),
    };
    return new Promise((resolve, reject) => {
      const start = url.protocol === 'http:' ? httpRequest : httpsRequest;
      const sent = start(url, { ...settings, method: request.method, signal }, resolve);
      sent.once('error', (error) => reject(signal.aborted ? signal.reason : error));
      sent.end(body);
    });
  }

  return {
    async send(request) {
      const settings = await credentials();
      const signal = either(AbortSignal.timeout(options.timeout), options.signal);
      const done = begin(`${request.method} ${server}${request.path}`);
      try {
        const message = await open(request, settings, signal);
        const text = await untilAborted(textOf(message), signal);
        const retryAfter = Number(message.headers['retry-after']);
        done(String(message.statusCode));
        return {
          status: message.statusCode ?? 0,
          body: parse(text),
          text,
          ...(Number.isFinite(retryAfter) && retryAfter > 0 ? { retryAfter } : {}),
        };
      } finally {
        done('no answer');
      }
    },
    async *lines(request, signal) {
      const settings = await credentials();
      const message = await during(`watch ${server}${request.path}`, () =>
        open(request, settings, either(signal, options.signal)),
      );
      try {
        if (message.statusCode === 200) {
          for await (const line of createInterface({ input: message })) yield parse(line);
        } else {
          yield { type: 'ERROR', object: parse(await textOf(message)) ?? { code: message.statusCode } };
        }
      } finally {
        // Close the connection if the consumer stops early.
        message.destroy();
      }
    },
  };
}

function either(signal: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? signal : AbortSignal.any([signal, other]);
}

/** Rejects with the signal's reason when it fires first. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
