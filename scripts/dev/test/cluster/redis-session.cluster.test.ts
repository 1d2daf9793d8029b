import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../sandbox/api-server.ts';
import { openAuthority } from '../../sandbox/pki.ts';
import { startProcess, stopProcesses } from '../../sandbox/processes.ts';
import { Browser } from './test-browser.ts';
import { platform } from './test-envoy.ts';
import { manyGroups, secret, seen, startTestGateway, type TestGateway } from './test-gateway.ts';

const folder = mkdtempSync(join(tmpdir(), 'breakwater-redis-'));
let gateway: TestGateway;

beforeAll(async () => {
  const authority = await openAuthority(folder);
  const server = await authority.issue({ name: 'redis', commonName: 'redis', subjectAltNames: ['IP:127.0.0.1'] });
  const port = await freePort();
  const command = [
    ...(['redis-server', '--port', '0', '--tls-port', String(port), '--bind', '127.0.0.1'] as const),
    ...['--tls-cert-file', server.certificate, '--tls-key-file', server.key],
    ...['--tls-ca-cert-file', authority.ca.certificate, '--tls-auth-clients', 'no'],
    ...['--save', '', '--requirepass', secret],
  ] as const;
  await startProcess(folder, { name: 'redis', command, cwd: folder, endWithParent: true });
  const url = `rediss://127.0.0.1:${port}`;
  const caBundle = readFileSync(authority.ca.certificate).toString('base64');
  const session = { store: 'redis', redis: { url, caBundle, password: { env: 'REDIS_PASSWORD' } } };
  gateway = await startTestGateway({ auth: { session } });
});
afterAll(async () => {
  await gateway?.stop();
  await stopProcesses(folder);
  rmSync(folder, { recursive: true, force: true });
});

it('sessions in a Redis whose certificate a private CA signed: short cookies, and ended by signing out', async () => {
  const browser = new Browser(gateway.port);
  const email = manyGroups(800);
  expect((await browser.open(`https://${platform}/`, email)).status).toBe(200);
  const session = browser.cookies.filter(({ name }) => name.startsWith('__Secure-breakwater'));
  expect(session.map(({ value }) => value.length < 1000)).toEqual([true]);
  expect(seen(await browser.get(`https://${platform}/`))['kubeflow-userid']).toBe(email);

  const copy = new Browser(gateway.port);
  copy.cookies = [...browser.cookies];
  await browser.get(`https://${platform}/oauth2/sign_out`);
  expect((await copy.get(`https://${platform}/`)).status).toBe(302);
});
