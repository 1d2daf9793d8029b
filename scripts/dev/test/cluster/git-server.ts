import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { serveGit } from '../../sandbox/serve-git.ts';
import { gitIn } from '../../testing/git-in.ts';
import { makeSelfSigned } from '../../testing/self-signed.ts';

/** A bare repository behind smart HTTPS with a token, as a Git host serves it. */
export interface GitServer {
  url: string;
  token: string;
  /** PEM file of the CA that signed its certificate. */
  caFile: string;
  /** Runs git in the bare repository; trimmed stdout. */
  git(...parameters: string[]): string;
  stop(): Promise<void>;
}

/** @param folder where the repository and the certificate go */
export async function startGitServer(folder: string): Promise<GitServer> {
  const bare = join(folder, 'platform.git');
  gitIn(folder)('init', '--quiet', '--bare', '--initial-branch=main', bare);
  const { key, certificate } = makeSelfSigned();
  const caFile = join(folder, 'git-ca.pem');
  writeFileSync(caFile, certificate);
  const token = 'token-that-nobody-may-see';
  const authorization = `Basic ${Buffer.from(`git:${token}`).toString('base64')}`;
  const server = createServer({ key, cert: certificate }, (request, response) => {
    const url = new URL(request.url ?? '/', 'https://git');
    if (request.headers.authorization !== authorization) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    } else if (url.pathname.startsWith('/platform.git/')) {
      serveGit(bare, url.pathname.slice('/platform.git'.length), url.search.slice(1), request, response);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `https://127.0.0.1:${port}/platform.git`,
    token,
    caFile,
    git: gitIn(bare),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
