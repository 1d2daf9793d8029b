import { execFile, execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeSandbox, type Sandbox } from '../dev/testing/git-sandbox.ts';
import { openRepository } from './repository.ts';

let box: Sandbox;
let server: Server;
let origin: string;

beforeAll(async () => {
  box = await makeSandbox();
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    const service = searchParams.get('service');
    // It says which refs it has, and takes and gives no pack: nothing more is heard of it.
    if (request.method !== 'GET' || service === null) return;
    const refs = execFileSync('git', [
      service.slice('git-'.length),
      '--stateless-rpc',
      '--advertise-refs',
      bare(pathname),
    ]);
    const line = `# service=${service}\n`;
    const length = (line.length + 4).toString(16).padStart(4, '0');
    response.writeHead(200, { 'content-type': `application/x-${service}-advertisement` });
    response.end(Buffer.concat([Buffer.from(`${length}${line}0000`), refs]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await box.remove();
});

/** The remote of a clone, as a folder. */
const bare = (name: string) => join(box.folder, name.replace(/^\/|\/info\/refs$/g, ''));

/** Makes a clone whose remote has another commit of the same branch, or none of its own. @returns what a publish says, and its seconds */
async function publish(name: string, remoteIsAhead: boolean) {
  const url = `${origin}/${name}.git`;
  await box.bare(`${name}.git`);
  const root = await box.clone(name);
  await box.git(root, 'push', '--quiet', bare(`${name}.git`), 'HEAD:refs/heads/main');
  const ahead = remoteIsAhead ? await box.clone(`${name}-of-others`, bare(`${name}.git`)) : root;
  await box.write(ahead, 'a.txt', 'a\n');
  await (await openRepository(ahead)).commit({ paths: ['a.txt'], message: 'Add a' });
  if (remoteIsAhead) await box.git(ahead, 'push', '--quiet', 'origin', 'main');
  const started = Date.now();
  const repository = await openRepository(root);
  const error: unknown = await repository.publish({ remote: { url }, branch: 'main' }).catch((thrown) => thrown);
  return { message: error instanceof Error ? error.message : '', seconds: (Date.now() - started) / 1000 };
}

it('a push and a fetch to a host that falls silent end after 30 s', async () => {
  const [push, fetch] = await Promise.all([publish('push', false), publish('fetch', true)]);
  expect(push.message).toContain(`cannot push to ${origin}`);
  expect(fetch.message).toContain(`cannot fetch from ${origin}`);
  for (const { message, seconds } of [push, fetch]) {
    expect(message).toMatch(/does not answer|stalled/);
    expect(seconds).toBeGreaterThan(25);
    expect(seconds).toBeLessThan(50);
  }
  const running = await promisify(execFile)('ps', ['-A', '-o', 'args=']);
  expect(running.stdout.split('\n').filter((line) => line.includes(origin))).toEqual([]);
}, 180_000);
