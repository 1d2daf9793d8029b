import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeSelfSigned } from './self-signed.ts';

/** One response, as an API documents it. */
interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A received request. */
interface Asked {
  /** Method and path with query, as `GET /api/v3/meta`. */
  call: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** For tests: a server on loopback with stubbed answers; it imitates no particular host. */
export interface AnsweringServer {
  /** As `https://127.0.0.1:40000`. */
  origin: string;
  port: number;
  /** PEM file of the CA that signed its certificate. */
  caFile: string;
  asked: Asked[];
  /** Answers for each call, in order; 404 once they run out. */
  answers: Record<string, (Answer | (() => Answer))[]>;
  stop(): Promise<void>;
}

export async function startAnsweringServer(): Promise<AnsweringServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'breakwater hosts '));
  const caFile = path.join(folder, 'ca.pem');
  const { key, certificate } = makeSelfSigned();
  await writeFile(caFile, certificate);
  const server = createServer({ key, cert: certificate }, async (message, response) => {
    let body = '';
    for await (const chunk of message) body += chunk;
    const call = `${message.method} ${message.url}`;
    state.asked.push({ call, headers: message.headers, body });
    const next = state.answers[call]?.shift() ?? { status: 404, body: { message: 'Not Found' } };
    const answer = typeof next === 'function' ? next() : next;
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const state: AnsweringServer = {
    origin: `https://127.0.0.1:${port}`,
    port,
    caFile,
    asked: [],
    answers: {},
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
  return state;
}
