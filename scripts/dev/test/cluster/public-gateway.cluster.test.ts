import { afterAll, beforeAll, expect, it } from 'vitest';
import { Browser } from './test-browser.ts';
import { platform } from './test-envoy.ts';
import { startTestGateway, type TestGateway } from './test-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({
    tls: { acme: { email: 'ops@example.com' } },
    redirectHosts: ['ml.example.com'],
    git: { webhook: true, credentials: { token: { env: 'GIT_TOKEN' } } },
  });
});
afterAll(() => gateway?.stop());

it('tells browsers to ask by HTTPS only, on every answer', async () => {
  const anonymous = new Browser(gateway.port);
  for (const path of ['/', '/oauth2/sign_in', '/dex/auth', '/hooks/argocd'])
    expect((await anonymous.get(`https://${platform}${path}`)).headers).toMatchObject({
      'strict-transport-security': 'max-age=31536000',
    });
});

it('lets Git hosts in at the webhook without a login, and refuses those who push too often', async () => {
  const host = new Browser(gateway.port);
  const push = async (from = host) =>
    (await from.get(`https://${platform}/hooks/argocd`, {}, '{"ref": "main"}')).status;
  const answers = [];
  for (let count = 0; count < 40; count += 1) answers.push(await push());
  expect(answers[0]).toBe(200);
  expect(answers.at(-1)).toBe(429);
  expect(new Set(answers)).toEqual(new Set([200, 429]));
  // No one else notices.
  expect(await push(new Browser(gateway.port))).toBe(200);
  expect((await host.get(`https://${platform}/`)).status).toBe(302);
});

it('sends further names to the platform, with path and query, without a login and without a cookie', async () => {
  const anonymous = new Browser(gateway.port);
  const other = 'https://ml.example.com';
  for (const path of ['/', '/a/b?c=d&e=%2F', '/oauth2/sign_in?rd=x', '/dex/auth']) {
    const { status, headers } = await anonymous.get(`${other}${path}`);
    expect([status, headers.location, headers['set-cookie']]).toEqual([301, `https://${platform}${path}`, undefined]);
  }
  const typed = await anonymous.get(`${other}/x`, { host: 'ML.example.com:443' });
  expect([typed.status, typed.headers.location]).toEqual([301, `https://${platform}/x`]);
  expect((await anonymous.get(`${other}/x`, {}, 'a=b')).status).toBe(301);
  const elsewhere = (await anonymous.get(`${other}//evil.example.net/`)).headers.location;
  expect(new URL(String(elsewhere)).host).toBe(platform);
});

it('leaves challenges of certificates alone, and checks what is not one of these names', async () => {
  const anonymous = new Browser(gateway.port);
  const challenge = await anonymous.get('https://ml.example.com/.well-known/acme-challenge/token');
  expect(challenge.headers.location ?? '').not.toContain('/.well-known/');
  for (const host of ['not-ml.example.com', 'ml.example.com.evil.example.net'])
    expect((await anonymous.get(`https://${platform}/`, { host })).status).not.toBe(301);
  expect((await anonymous.get(`https://${platform}/`)).status).toBe(302);
});
