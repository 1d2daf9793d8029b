import type { IncomingHttpHeaders } from 'node:http';
import type { DetailedPeerCertificate } from 'node:tls';
import { type AskOptions, ask as request } from '../https.ts';

/** The response, or its absence. */
export interface Answer {
  /** 0 without a response. */
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** The server's certificate, over TLS. */
  certificate?: DetailedPeerCertificate | undefined;
  /** Why there was no response. */
  error?: string;
}

/**
 * Sends one request, without following redirects. With a CA, the chain must end there; without one, any certificate is accepted.
 *
 * @returns the response; status 0 if there is none
 */
export async function ask(url: string, options: Omit<AskOptions, 'anyCertificate'> = {}): Promise<Answer> {
  try {
    return await request(url, { ...options, anyCertificate: options.ca === undefined });
  } catch (error) {
    return { status: 0, headers: {}, body: '', error: error instanceof Error ? error.message : String(error) };
  }
}
