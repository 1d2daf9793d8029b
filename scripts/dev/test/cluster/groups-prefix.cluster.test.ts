import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RealDex, startRealDex } from './real-dex.ts';
import { Browser } from './test-browser.ts';
import { platform } from './test-envoy.ts';
import { password, secret, seen, startTestGateway, type TestGateway } from './test-gateway.ts';

const folder = mkdtempSync(join(tmpdir(), 'breakwater-groups-prefix-'));
let company: RealDex;
let gateway: TestGateway;

beforeAll(async () => {
  company = await startRealDex(folder, (url) => ({
    issuer: `${url}/dex`,
    oauth2: { skipApprovalScreen: true },
    staticClients: [{ id: 'platform', name: 'Platform', secret, redirectURIs: [`https://${platform}/dex/callback`] }],
    enablePasswordDB: true,
    staticPasswords: [
      {
        // The name of a group that has power on the platform, and the address of one of its own users.
        groups: ['platform-admins', 'dev'],
        email: 'ann@example.com',
        username: 'ann',
        userID: 'other',
        hash: hashSync(password, 10),
      },
    ],
  }));
  const client = { clientID: 'platform', clientSecret: { env: 'COMPANY' }, scopes: ['email', 'groups'] };
  const trust = { unverifiedEmails: 'reject', groups: true, groupsPrefix: 'company/' };
  const person = { userNameKey: 'email', promptType: 'omit' };
  const issuer = `${company.url}/dex`;
  const connector = { type: 'oidc', id: 'company', name: 'Company', issuer, ...client, ...trust, ...person };
  gateway = await startTestGateway({ auth: { connectors: [connector] } });
});
afterAll(async () => {
  await gateway?.stop();
  await company?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it("a group of a connector with a prefix gets no rights of the platform's group of that name; an address is the same person", async () => {
  const browser = new Browser(gateway.port);
  const first = await browser.get(`https://${platform}/`);
  const chosen = (first.headers.location ?? '').replace('/dex/auth?', '/dex/auth/company?');
  const there = await browser.get(chosen);
  const back = await new Browser(Number(new URL(company.url).port)).open(
    there.headers.location ?? '',
    'ann@example.com',
  );
  const end = await browser.open(back.url);
  expect(end.status, end.body).toBe(200);
  expect(seen(end)).toMatchObject({
    'kubeflow-userid': 'ann@example.com',
    'kubeflow-groups': 'company/dev,company/platform-admins',
  });
  expect((await browser.get(`https://${platform}/other`)).status).toBe(200);
  expect((await browser.get(`https://${platform}/tools/prometheus/`)).status).toBe(403);
});
