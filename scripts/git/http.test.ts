import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveGit } from '../dev/sandbox/serve-git.ts';
import { makeSandbox, type Sandbox } from '../dev/testing/git-sandbox.ts';
import { makeSelfSigned } from '../dev/testing/self-signed.ts';
import type { Remote } from './remote.ts';
import { openRepository, type Repository } from './repository.ts';

const token = 'ghp_s3cret/with+odd"chars';
let box: Sandbox;
let bare: string;
let root: string;
let repository: Repository;
let seen: string[];
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  box = await makeSandbox();
  bare = await box.bare('remote.git');
  await box.git(bare, 'config', 'http.receivepack', 'true');
  root = await box.clone('mine');
  repository = await openRepository(root);
  seen = [];
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await box.remove();
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** Who may come in: answers a request itself when it returns a status. */
type Gate = (request: IncomingMessage) => number | undefined;

const withToken: Gate = ({ headers }) => {
  const basic = Buffer.from((headers.authorization ?? '').replace('Basic ', ''), 'base64').toString();
  return basic === `git:${token}` ? undefined : 401;
};

/** git's own HTTP server behind a gate. */
function smartHttp(gate: Gate): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    seen.push(`${request.method} ${request.url}`);
    const status = gate(request);
    if (status !== undefined) {
      response.writeHead(status, status === 401 ? { 'www-authenticate': 'Basic realm="git"' } : {}).end();
      return;
    }
    const url = new URL(request.url ?? '', 'http://x');
    serveGit(bare, url.pathname.replace('/remote.git', ''), url.search.slice(1), request, response);
  };
}

async function serve(gate: Gate): Promise<Remote> {
  return { url: `http://127.0.0.1:${await listen(createServer(smartHttp(gate)))}/remote.git` };
}

describe('a token', () => {
  it('AP#471 KF#633 opens the remote without getting into arguments, environment, config or refs', async () => {
    const remote: Remote = { ...(await serve(withToken)), credentials: { token, username: 'git' } };
    // The hook sees the arguments and the environment of the git that runs it.
    await box.hook(root, 'pre-push', 'ps -o args= -p $PPID >.git/arguments; env >.git/environment');
    await repository.requirePushable({ remote, branch: 'main' });
    expect(await repository.publish({ remote, branch: 'main' })).toMatchObject({ pushed: true });
    expect(await box.subjects(bare, 'main')).toEqual(['Start']);
    expect(await readFile(path.join(root, '.git', 'arguments'), 'utf8')).toContain('push --porcelain');
    const everything = await promisify(execFile)('grep', ['-rlF', token, root]).catch((error) => error.stdout);
    expect(everything).toBe('');
  });

  it('is the one that is used, whatever helpers and headers the user has for that host', async () => {
    const remote: Remote = { ...(await serve(withToken)), credentials: { token, username: 'git' } };
    const origin = new URL(remote.url).origin;
    await box.git(root, 'config', `credential.${origin}.helper`, '!f() { echo username=git; echo password=wrong; }; f');
    await box.git(root, 'config', `http.${origin}/.extraHeader`, 'Authorization: Basic d3Jvbmc6d3Jvbmc=');
    expect(await repository.publish({ remote, branch: 'main' })).toMatchObject({ pushed: true });
  });

  it("is not needed where the user's own credential helper has one", async () => {
    const remote = await serve(withToken);
    await writeFile(path.join(box.folder, 'password'), token);
    const helper = `!f() { test "$1" = get && echo username=git && echo "password=$(cat '${box.folder.replaceAll("'", `'\\''`)}/password')"; }; f`;
    await box.git(root, 'config', 'credential.helper', helper);
    expect(await repository.publish({ remote, branch: 'main' })).toMatchObject({ pushed: true });
  });

  it('that is wrong is reported within seconds, and is not in the error', async () => {
    const remote: Remote = { ...(await serve(withToken)), credentials: { token: 'wrong-token', username: 'git' } };
    const error = await repository.publish({ remote, branch: 'main' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'RunError',
      message: expect.stringContaining('refused the credentials'),
      hint: expect.stringContaining('git.credentials'),
    });
    expect(
      JSON.stringify(error, ['message', 'hint', 'details', 'stack', 'cause', 'stderr', 'task', 'commands']),
    ).not.toContain('wrong-token');
  });

  it('that is missing causes no prompt that no one sees: the setting is named', async () => {
    const remote = await serve(withToken);
    await expect(repository.probe(remote)).rejects.toMatchObject({
      message: expect.stringContaining('asks for credentials'),
      hint: expect.stringContaining('credential helper'),
    });
  });

  it('KF#1857 that may read only is found before anything is written', async () => {
    const readOnly: Gate = (request) =>
      withToken(request) ?? (/receive-pack/.test(request.url ?? '') ? 403 : undefined);
    const remote: Remote = { ...(await serve(readOnly)), credentials: { token, username: 'git' } };
    expect(await repository.probe(remote)).toEqual({ branches: new Map() });
    await expect(repository.requirePushable({ remote, branch: 'main' })).rejects.toMatchObject({
      message: expect.stringContaining('lack the permission'),
    });
  });
});

describe('a remote over HTTP', () => {
  it('FL#4640 AP#675 that is absent or invisible is reported as such', async () => {
    const remote: Remote = { ...(await serve(() => 404)), credentials: { token, username: 'git' } };
    await expect(repository.probe(remote)).rejects.toMatchObject({
      message: expect.stringContaining('cannot see it'),
    });
  });

  it.each([
    { what: 'has a fault', make: () => serve(() => 502), says: 'an internal error' },
    {
      what: 'has an unknown name',
      make: async () => ({ url: 'https://no-such-host.invalid/a.git' }),
      says: 'name is unknown',
    },
    {
      what: 'refuses the connection',
      make: async () => ({ url: 'http://127.0.0.1:1/a.git' }),
      says: 'refuses the connection',
    },
  ])('that $what is reported as such', async ({ make, says }) => {
    await expect(repository.probe(await make())).rejects.toMatchObject({
      name: 'RunError',
      message: expect.stringContaining(says),
    });
  });

  it('FL#3405 is reached through HTTPS_PROXY, and a proxy that refuses is named', async () => {
    const port = await listen(
      createServer().on('connect', (_request, socket) => socket.end('HTTP/1.1 407 No\r\n\r\n')),
    );
    process.env.https_proxy = `http://127.0.0.1:${port}`;
    const probe = repository.probe({ url: 'https://git.example.com/a.git' });
    await expect(probe).rejects.toMatchObject({
      message: expect.stringContaining('proxy'),
      hint: expect.stringContaining('HTTPS_PROXY'),
    });
    delete process.env.https_proxy;
  });

  // Over https nothing has begun when the limit is reached, so curl's own one for slow transfers does not hold.
  it.each(['http', 'https'])('that says nothing over %s is given up, with all that git started', async (scheme) => {
    const silent = createTcpServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `${scheme}://127.0.0.1:${(silent.address() as AddressInfo).port}/a.git`;
    const program = `
      const { listRemote } = await import(${JSON.stringify(new URL('./probe.ts', import.meta.url).href)});
      const { createGit } = await import(${JSON.stringify(new URL('./run.ts', import.meta.url).href)});
      await listRemote(createGit(process.argv[1]), { url: process.argv[2] }, 2000).catch((error) => console.log(error.message));
    `;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', program, root, url];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
    expect(stdout).toMatch(/does not answer|stalled/);
    const running = await promisify(execFile)('ps', ['-A', '-o', 'args=']);
    expect(running.stdout.split('\n').filter((line) => line.includes(url))).toEqual([]);
    silent.close();
  });

  it('FL#3405 with a certificate of a private CA needs git.caFile', async () => {
    const { key, certificate } = makeSelfSigned();
    const caFile = path.join(box.folder, 'ca.pem');
    await writeFile(caFile, certificate);
    const server = createTlsServer({ key, cert: certificate }, smartHttp(withToken));
    const url = `https://127.0.0.1:${await listen(server)}/remote.git`;
    const remote: Remote = { url, credentials: { token, username: 'git' } };
    await expect(repository.probe(remote)).rejects.toMatchObject({ hint: expect.stringContaining('git.caFile') });
    await expect(repository.probe({ ...remote, caFile: '/nowhere.pem' })).rejects.toMatchObject({
      message: expect.stringContaining('CA file'),
    });
    expect(await repository.publish({ remote: { ...remote, caFile }, branch: 'main' })).toMatchObject({
      pushed: true,
    });
  });

  it('is pushed to once more when the connection breaks off in the middle', async () => {
    const { key, certificate } = makeSelfSigned();
    const caFile = path.join(box.folder, 'ca.pem');
    await writeFile(caFile, certificate);
    let broken = 0;
    const serve = smartHttp(withToken);
    const server = createTlsServer({ key, cert: certificate }, (request, response) => {
      // A pack begins to arrive, and nothing more is heard.
      const pack = request.method === 'POST' && withToken(request) === undefined;
      if (pack && broken++ === 0) request.socket.destroy();
      else serve(request, response);
    });
    const url = `https://127.0.0.1:${await listen(server)}/remote.git`;
    const remote: Remote = { url, credentials: { token, username: 'git' }, caFile };
    expect(await repository.publish({ remote, branch: 'main' })).toMatchObject({ pushed: true });
    expect(broken).toBeGreaterThan(1);
  });
});
