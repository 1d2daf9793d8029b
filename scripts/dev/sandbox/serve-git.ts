import type { IncomingMessage, ServerResponse } from 'node:http';
import { startStreaming } from './processes.ts';

const endOfHead = '\r\n\r\n';

/**
 * Answers one request of a Git client by git's own program for that (git http-backend, a CGI program).
 * @param path the part of the request's path behind the repository.
 * @param push whether a push is taken.
 */
export function serveGit(
  repository: string,
  path: string,
  query: string,
  request: IncomingMessage,
  response: ServerResponse,
  push = true,
): void {
  const header = (key: string) => String(request.headers[key] ?? '');
  const backend = startStreaming(['git', 'http-backend'], {
    PATH: process.env.PATH,
    GIT_PROJECT_ROOT: repository,
    GIT_HTTP_EXPORT_ALL: '1',
    // The repository may belong to another user than the one who runs the sandbox.
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
    // Anyone who reaches the sandbox's network may push: it is this machine and the cluster on it.
    GIT_CONFIG_KEY_1: 'http.receivepack',
    GIT_CONFIG_VALUE_1: String(push),
    GIT_PROTOCOL: header('git-protocol'),
    HTTP_CONTENT_ENCODING: header('content-encoding'),
    CONTENT_TYPE: header('content-type'),
    CONTENT_LENGTH: header('content-length'),
    QUERY_STRING: query,
    REQUEST_METHOD: request.method ?? 'GET',
    PATH_INFO: path,
    REMOTE_ADDR: request.socket.remoteAddress ?? '',
  });
  request.pipe(backend.stdin);
  // It may answer before it has read everything.
  backend.stdin.on('error', () => {});
  backend.once('error', (error) => {
    console.error(error);
    response.writeHead(500).end();
  });
  let head = '';
  let body = false;
  backend.stdout.on('data', (chunk: Buffer) => {
    if (body) {
      response.write(chunk);
      return;
    }
    // Latin-1 keeps every byte, also of what follows the head.
    head += chunk.toString('latin1');
    const end = head.indexOf(endOfHead);
    if (end < 0) return;
    body = true;
    sendHead(head.slice(0, end), response);
    response.write(Buffer.from(head.slice(end + endOfHead.length), 'latin1'));
  });
  backend.once('close', () => response.end());
}

function sendHead(head: string, response: ServerResponse): void {
  let status = 200;
  for (const line of head.split('\r\n')) {
    const at = line.indexOf(':');
    const [field, value] = [line.slice(0, at), line.slice(at + 1).trim()];
    if (field.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else response.setHeader(field, value);
  }
  response.writeHead(status);
}
