import { afterAll, beforeAll, expect, it } from 'vitest';
import { Browser } from './test-browser.ts';
import { platform } from './test-envoy.ts';
import { startTestGateway, type TestGateway } from './test-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({
    tls: { acme: { email: 'ops@example.com' } },
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
