import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkServerIdentity, connect as connectTls, type SecureVersion, type TLSSocket } from 'node:tls';
import { type Answer, type Exchange, type HeaderLine, parseAnswers } from './answer.ts';
import { headOf, http2Headers, methodsOf, type Request } from './request.ts';

/** Address of the platform, and its trusted CA. */
export interface Target {
  /** DNS name or IP address that the certificate must name. */
  host: string;
  /** The host in URLs and Host headers: with the port unless it is 443. */
  authority: string;
  /** Address to connect to: the host, or an IP address if the host has no DNS entry. */
  address: string;
  port: number;
  /** Port for plain HTTP. */
  plainPort: number;
  /** PEM. Default: the CAs that Node trusts. */
  ca?: string;
}

export interface ClientOptions {
  /** Milliseconds to wait for an answer. */
  timeout: number;
  /** Minimum milliseconds between two requests, to spare a platform in use. */
  pause: number;
  signal?: AbortSignal;
}

/** Attempts for a request that the gateway answers with 429: it limits requests without a login. */
const attempts = 5;

/** Sends requests byte for byte, each on its own connection: no normalization, no encoding, no redirects. */
export class Client {
  readonly target: Target;
  readonly #options: ClientOptions;
  #next = 0;

  constructor(target: Target, options: ClientOptions) {
    this.target = target;
    this.#options = options;
  }

  /** @throws the network or TLS error when the connection fails, or the signal's reason */
  async send(request: Request): Promise<Exchange> {
    for (let attempt = 1; ; attempt += 1) {
      const exchange = await this.#sendOnce(request);
      if (attempt === attempts || !exchange.answers.some(({ status }) => status === 429)) return exchange;
      await sleep(this.#options.pause * 80, undefined, { signal: this.#options.signal });
    }
  }

  async #sendOnce(request: Request): Promise<Exchange> {
    await this.#wait();
    if (request.version === '2') return this.#sendHttp2(request);
    const socket =
      request.scheme === 'http' ? this.#openPlain() : this.openTls(['http/1.1'], { server: request.server });
    return exchange(socket, request, this.target.authority, this.#options.timeout);
  }

  /**
   * Opens a TLS connection that trusts only the target's CA.
   *
   * @param protocols for ALPN, in order of preference
   */
  openTls(
    protocols: readonly string[],
    limits: { maxVersion?: SecureVersion; server?: string | undefined } = {},
  ): TLSSocket {
    const { address, port, ca } = this.target;
    const host = limits.server ?? this.target.host;
    return connectTls({
      host: address,
      port,
      // No SNI for an IP address: https://www.rfc-editor.org/rfc/rfc6066#section-3
      servername: isIP(host) === 0 ? host : '',
      checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
      ALPNProtocols: [...protocols],
      ...(ca === undefined ? {} : { ca }),
      // OpenSSL's security level would refuse old versions before the server does.
      ...(limits.maxVersion === undefined
        ? {}
        : { maxVersion: limits.maxVersion, minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    });
  }

  #openPlain(): Socket {
    return connectTcp({ host: this.target.address, port: this.target.plainPort });
  }

  async #sendHttp2(request: Request): Promise<Exchange> {
    const { authority } = this.target;
    const socket = this.openTls(['h2']);
    await connected(socket, this.#options.timeout);
    const session = connectHttp2(`https://${authority}`, { createConnection: () => socket });
    try {
      return await new Promise<Exchange>((resolve) => {
        const timer = setTimeout(() => resolve({ answers: [], ended: 'timeout' }), this.#options.timeout);
        const done = (exchange: Exchange) => {
          clearTimeout(timer);
          resolve(exchange);
        };
        session.once('error', () => done({ answers: [], ended: 'reset' }));
        session.once('close', () => done({ answers: [], ended: 'closed' }));
        const stream = session.request(http2Headers(request, authority), { endStream: request.body === undefined });
        if (request.body !== undefined) stream.end(request.body);
        let head: Omit<Answer, 'body'> = { status: 0, headers: [] };
        const chunks: Buffer[] = [];
        stream.once('response', (headers) => {
          head = { status: Number(headers[':status']), headers: linesOf(headers) };
          // An open tunnel does not end until one side closes it.
          if (request.method === 'CONNECT') done({ answers: [{ ...head, body: '' }] });
        });
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.once('error', () => done({ answers: [], ended: 'reset' }));
        stream.once('end', () => {
          if (head.status === 0) return done({ answers: [], ended: 'reset' });
          done({ answers: [{ ...head, body: Buffer.concat(chunks).toString('utf8') }] });
        });
      });
    } finally {
      session.destroy();
    }
  }

  async #wait(): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const now = Date.now();
    const start = Math.max(now, this.#next);
    this.#next = start + this.#options.pause;
    if (start > now) await sleep(start - now, undefined, { signal: this.#options.signal });
  }
}

function linesOf(headers: object): HeaderLine[] {
  return Object.entries(headers)
    .filter(([name]) => !name.startsWith(':'))
    .flatMap(([name, values]) => [values].flat().map((value): HeaderLine => [name, String(value)]));
}

function connected(socket: TLSSocket, timeout: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error('TLS handshake timed out')), timeout);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.removeListener('error', reject);
      resolve();
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

function exchange(socket: Socket, request: Request, authority: string, timeout: number): Promise<Exchange> {
  const methods = methodsOf(request);
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    let open = false;
    const finish = (ended?: Exchange['ended']) => {
      clearTimeout(timer);
      socket.destroy();
      const { answers, complete } = parseAnswers(Buffer.concat(chunks), methods, ended !== undefined);
      resolve(complete || ended === undefined ? { answers } : { answers, ended });
    };
    const timer = setTimeout(() => {
      if (open) return finish('timeout');
      socket.destroy();
      reject(Object.assign(new Error('connection timed out'), { code: 'ETIMEDOUT' }));
    }, timeout);
    socket.once(isTls(socket) ? 'secureConnect' : 'connect', () => {
      open = true;
      socket.write(headOf(request, authority));
    });
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (parseAnswers(Buffer.concat(chunks), methods, false).complete) finish();
    });
    socket.once('end', () => finish('closed'));
    socket.once('error', (error) => {
      if (open) return finish('reset');
      clearTimeout(timer);
      reject(error);
    });
  });
}

function isTls(socket: Socket): boolean {
  return 'encrypted' in socket;
}
