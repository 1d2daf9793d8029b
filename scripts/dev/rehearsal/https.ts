import { type IncomingHttpHeaders, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isIP } from 'node:net';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

/** What came back for one request. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** Of the server, with its issuers; undefined over plain HTTP. */
  certificate: DetailedPeerCertificate | undefined;
  /** As TLSv1.3. */
  protocol: string | undefined;
}

/** How to ask. */
export interface AskOptions {
  /** PEM; only chains that end there are taken. Undefined: what Node trusts. */
  ca?: string;
  headers?: Readonly<Record<string, string>>;
  /** The newest version of TLS to offer. */
  maxVersion?: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  method?: string;
  body?: string;
  /** Where the connection goes to, when the name is not to be looked up. */
  address?: string;
  /** Take any certificate: who asks so looks at it, or at what the gateway does and not who it is. */
  anyCertificate?: boolean;
}

/** One request on a connection of its own; redirects are not followed. @throws when there is no answer */
export function ask(url: string, options: AskOptions = {}): Promise<Answer> {
  const { address, anyCertificate = false, body: sent = '', ca, headers, maxVersion, method = 'GET' } = options;
  const send = url.startsWith('https:') ? secureRequest : plainRequest;
  const { host, hostname } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method,
      agent: false,
      timeout: 15_000,
      // As browsers do: a session of someone in many groups is a long cookie.
      maxHeaderSize: 256 * 1024,
      headers: { ...(address ? { host } : {}), ...headers },
      // The connection goes elsewhere; the name that is asked for and checked stays. No one sends an address as a name.
      ...(address ? { hostname: address, servername: isIP(hostname) ? '' : hostname } : {}),
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
