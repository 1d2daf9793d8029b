/**
 * The server of a sandbox, a program of its own: images as a registry serves them, charts, Git repositories.
 * `serve.ts SETTINGS`, where SETTINGS is a JSON file; it is read again for every request, so that what is served can
 * change while it runs.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join, normalize } from 'node:path';
import type { Image } from './images.ts';
import { serveGit } from './serve-git.ts';

/** What is served, and where. */
export interface ServeSettings {
  listen: readonly { host: string; port: number }[];
  /** Full name of an image, with registry and tag → image. */
  images: Readonly<Record<string, Image>>;
  /** A folder with index.yaml and packed charts, served below /charts/. */
  charts: string;
  /** Name → bare repository, served below /git/NAME. */
  repositories: Readonly<Record<string, string>>;
  /** Repositories can be read only. */
  readOnly?: boolean;
}

interface FileAnswer {
  file: string;
  type: string;
  digest?: string;
}

function serve(settingsFile: string): void {
  const settings = (): ServeSettings => JSON.parse(readFileSync(settingsFile, 'utf8'));
  for (const { host, port } of settings().listen) {
    createServer((request, response) => answer(settings(), request, response)).listen(port, host);
  }
}

function answer(settings: ServeSettings, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const [, area, name = '', ...rest] = decodeURIComponent(url.pathname).split('/');
  const repository = area === 'git' ? settings.repositories[name] : undefined;
  if (repository) {
    serveGit(repository, `/${rest.join('/')}`, url.search.slice(1), request, response, settings.readOnly !== true);
    return;
  }
  if (url.pathname === '/v2/') {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    return;
  }
  const found = fileFor(settings, url);
  if (found && existsSync(found.file) && statSync(found.file).isFile()) {
    sendFile(found, request, response);
    return;
  }
  console.error(`not found: ${request.url}`);
  response.writeHead(404, { 'content-type': 'text/plain' }).end(`not found: ${request.url}\n`);
}

function fileFor(settings: ServeSettings, url: URL): FileAnswer | undefined {
  const path = decodeURIComponent(url.pathname);
  if (path.startsWith('/charts/')) {
    return { file: join(settings.charts, normalize(path.slice('/charts'.length))), type: 'application/octet-stream' };
  }
  const [, repository = '', kind, reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
  // The runtime names the registry that it really wants: this server replaces all of them.
  const name = `${url.searchParams.get('ns') ?? 'localhost'}/${repository}`;
  if (kind === 'manifests') return manifestFor(settings, name, reference);
  const file = Object.values(settings.images).find(({ blobs }) => blobs[reference])?.blobs[reference];
  return file ? { file, type: 'application/octet-stream', digest: reference } : undefined;
}

function manifestFor(settings: ServeSettings, name: string, reference: string): FileAnswer | undefined {
  for (const [full, { manifest }] of Object.entries(settings.images)) {
    if (!full.startsWith(`${name}:`)) continue;
    const digest = `sha256:${createHash('sha256').update(readFileSync(manifest)).digest('hex')}`;
    if (full === `${name}:${reference}` || digest === reference) {
      return { file: manifest, type: 'application/vnd.oci.image.manifest.v1+json', digest };
    }
  }
  return undefined;
}

function sendFile({ file, type, digest }: FileAnswer, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': type,
    'content-length': statSync(file).size,
    ...(digest ? { 'docker-content-digest': digest } : {}),
  });
  if (request.method === 'HEAD') response.end();
  else createReadStream(file).pipe(response);
}

if (process.argv[1] === import.meta.filename) serve(process.argv[2] ?? 'serve.json');
