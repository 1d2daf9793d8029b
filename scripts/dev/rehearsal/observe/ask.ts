import type { IncomingHttpHeaders } from 'node:http';
import type { DetailedPeerCertificate } from 'node:tls';
import { type AskOptions, ask as request } from '../https.ts';

/** What came back, or that nothing did. */
export interface Answer {
  /** 0 when nothing came back. */
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** The server's certificate, over TLS. */
  certificate?: DetailedPeerCertificate | undefined;
  /** Why nothing came back. */
  error?: string;
}

/**
 * Sends one request, and follows nothing. With a CA the chain has to end there; without one any certificate will do.
 *
 * @returns what came back; no answer is an answer with status 0
 */
export async function ask(url: string, options: Omit<AskOptions, 'anyCertificate'> = {}): Promise<Answer> {
  try {
    return await request(url, { ...options, anyCertificate: options.ca === undefined });
  } catch (error) {
    return { status: 0, headers: {}, body: '', error: error instanceof Error ? error.message : String(error) };
  }
}
