import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from '../report/errors.ts';

/**
 * Serves one page on this machine alone. It answers only requests that name this machine, so that no other site's page can read it by a DNS
 * name that leads here (DNS rebinding).
 *
 * @param port 0: any free one
 * @param page the text of the page, as it is now; paused: it does not ask again
 * @returns its address, and how to end it
 * @throws UsageError when the port is taken
 */
export async function servePage(
  port: number,
  page: (paused: boolean) => string,
): Promise<{ url: string; stop: () => void }> {
  const server = createServer((request, response) => {
    const { port: own } = server.address() as AddressInfo;
    const here = [`127.0.0.1:${own}`, `localhost:${own}`].includes(request.headers.host ?? '');
    const paused = request.url === '/paused';
    const status = !here ? 421 : request.method !== 'GET' ? 405 : request.url !== '/' && !paused ? 404 : 200;
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
      ...(paused ? {} : { refresh: '5' }),
    };
    response.writeHead(status, headers).end(status === 200 ? page(paused) : '');
  });
  await listening(server, port);
  const { port: own } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${own}/`, stop: () => server.close().closeAllConnections() };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE' || error.code === 'EACCES'
          ? new UsageError(`--serve: port ${port} is taken or not allowed`, {
              hint: 'Name another one, or 0 for any free port.',
            })
          : error,
      ),
    );
    server.listen(port, '127.0.0.1', () => resolve());
  });
}
