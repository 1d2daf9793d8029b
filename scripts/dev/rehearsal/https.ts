import { type IncomingHttpHeaders, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isIP } from 'node:net';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

/** Response to one request. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** The server's certificate, with its issuers; undefined over plain HTTP. */
  certificate: DetailedPeerCertificate | undefined;
  /** As TLSv1.3. */
  protocol: string | undefined;
}

/** Options of a request. */
export interface AskOptions {
  /** PEM of the only trusted CA. Undefined: Node's own list. */
  ca?: string;
  headers?: Readonly<Record<string, string>>;
  /** The newest version of TLS to offer. */
  maxVersion?: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  method?: string;
  body?: string;
  /** Address to connect to, instead of resolving the name. */
  address?: string;
  /** Address to connect from: a client of its own for limits per address. */
  from?: string;
  /** Accept any certificate: for callers that examine it, or that test only the gateway's behaviour. */
  anyCertificate?: boolean;
}

/** Sends one request on a new connection, without following redirects. @throws if there is no answer */
export function ask(url: string, options: AskOptions = {}): Promise<Answer> {
  const { address, anyCertificate = false, body: sent = '', ca, from, headers, maxVersion, method = 'GET' } = options;
  const send = url.startsWith('https:') ? secureRequest : plainRequest;
  const { host, hostname } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method,
      agent: false,
      timeout: 15_000,
      // As in browsers: the session cookie of a user in many groups is long.
      maxHeaderSize: 256 * 1024,
      headers: {
        ...(address ? { host } : {}),
        // Node sends the body of a DELETE without saying that there is one.
        ...(method === 'DELETE' && sent !== '' ? { 'content-length': Buffer.byteLength(sent) } : {}),
        ...headers,
      },
      // Connects elsewhere, but requests and verifies the same name. Clients never send an IP address as SNI.
      ...(address ? { hostname: address, servername: isIP(hostname) ? '' : hostname } : {}),
      ...(from ? { localAddress: from } : {}),
      ...(anyCertificate ? { rejectUnauthorized: false } : {}),
      ...(ca ? { ca } : {}),
      ...(maxVersion ? { maxVersion, minVersion: 'TLSv1' as const } : {}),
    });
    request.once('response', (response) => {
      const socket = response.socket as TLSSocket;
      const certificate = url.startsWith('https:') ? socket.getPeerCertificate(true) : undefined;
      const protocol = url.startsWith('https:') ? (socket.getProtocol() ?? undefined) : undefined;
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, certificate, protocol }),
      );
      response.once('error', reject);
    });
    request.once('timeout', () => request.destroy(new Error('no answer within 15 s')));
    request.once('error', reject);
    request.end(sent);
  });
}
