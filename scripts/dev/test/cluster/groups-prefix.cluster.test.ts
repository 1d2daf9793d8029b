import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashSync } from 'bcryptjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { ask } from '../../rehearsal/observe/ask.ts';
import { freePort } from '../../sandbox/api-server.ts';
import { buildPrograms } from '../../sandbox/build.ts';
import { Browser } from './test-browser.ts';
import { platform } from './test-envoy.ts';
import { password, secret, seen, startTestGateway, type TestGateway } from './test-gateway.ts';

let folder: string;
let provider: ChildProcess;
let port: number;
let gateway: TestGateway;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-connector-'));
  port = await freePort();
  const issuer = `http://127.0.0.1:${port}/dex`;
  const redirectURIs = [`https://${platform}/dex/callback`];
  const file = join(folder, 'dex.yaml');
  const hash = hashSync(password, 10);
  writeFileSync(
    file,
    stringify({
      issuer,
      storage: { type: 'memory' },
      web: { http: `127.0.0.1:${port}` },
      oauth2: { skipApprovalScreen: true },
      staticClients: [{ id: 'platform', name: 'Platform', secret, redirectURIs }],
      enablePasswordDB: true,
      // The name of a group that has power on the platform, and the address of one of its own users.
      staticPasswords: [
        { email: 'ann@example.com', username: 'ann', userID: 'other', hash, groups: ['platform-admins', 'dev'] },
      ],
    }),
  );
  const { dex } = await buildPrograms(['dex'], { report: (line) => console.log(line) });
  provider = spawn(dex, ['serve', file], { env: { HOME: folder }, stdio: 'ignore' });
  while ((await ask(`${issuer}/healthz`)).status !== 200) await sleep(100);
  const company = { type: 'oidc', id: 'company', name: 'Company', issuer, clientID: 'platform' };
  const trust = { unverifiedEmails: 'reject', groups: true, groupsPrefix: 'company/', scopes: ['email', 'groups'] };
  const connectors = [
    { ...company, ...trust, clientSecret: { env: 'COMPANY' }, userNameKey: 'email', promptType: 'omit' },
  ];
  gateway = await startTestGateway({ auth: { connectors } });
});
afterAll(() => {
  gateway?.stop();
  provider?.kill();
  rmSync(folder, { recursive: true, force: true });
});

it("a group of a connector with a prefix is none of the platform's; an address is the same person", async () => {
  const browser = new Browser(gateway.port);
  const first = await browser.get(`https://${platform}/`);
  const chosen = (first.headers.location ?? '').replace('/dex/auth?', '/dex/auth/company?');
  const there = await browser.get(chosen);
  const back = await new Browser(port).open(there.headers.location ?? '', 'ann@example.com');
  const end = await browser.open(back.url);
  expect(end.status, end.body).toBe(200);
  expect(seen(end)).toMatchObject({
    'kubeflow-userid': 'ann@example.com',
    'kubeflow-groups': 'company/dev,company/platform-admins',
  });
  expect((await browser.get(`https://${platform}/other`)).status).toBe(200);
  expect((await browser.get(`https://${platform}/tools/prometheus/`)).status).toBe(403);
});
