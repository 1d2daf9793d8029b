import { type IncomingHttpHeaders, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';

/** What came back. */
export interface Answer {
  /** 0 when nothing came back. */
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** The server's certificate, over TLS. */
  certificate?: PeerCertificate;
  /** Why nothing came back. */
  error?: string;
}

/** How to ask. */
export interface Question {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** Where the connection goes to, when the name is not to be looked up. */
  address?: string;
  /** PEM: the chain has to end there, and the name has to match. Absent: any certificate will do. */
  ca?: string;
}

/**
 * Sends one request, on a connection of its own, and follows nothing.
 *
 * @returns what came back; no answer is an answer with status 0
 */
export async function ask(
  url: string,
  { method = 'GET', headers = {}, body = '', address, ca }: Question = {},
): Promise<Answer> {
  const { protocol, hostname, port, host, pathname, search } = new URL(url);
  const secure = protocol === 'https:';
  const options = {
    method,
    host: address ?? hostname,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    path: pathname + search,
    headers: { host, ...headers, ...(body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }) },
    agent: false as const,
    timeout: 10_000,
    // Nobody sends an address as a server's name.
    ...(secure
      ? { ...(ca === undefined ? { rejectUnauthorized: false } : { ca }), servername: isIP(hostname) ? '' : hostname }
      : {}),
  };
  return await new Promise((resolve) => {
    const nothing = (error: Error) => resolve({ status: 0, headers: {}, body: '', error: error.message });
    const request = (secure ? tlsRequest : plainRequest)(options, (response) => {
      const certificate = secure ? (response.socket as TLSSocket).getPeerCertificate() : undefined;
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.once('error', nothing);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: text,
          ...(certificate === undefined ? {} : { certificate }),
        }),
      );
    });
    request.once('timeout', () => request.destroy(new Error('no answer within 10 s')));
    request.once('error', nothing);
    request.end(body);
  });
}
