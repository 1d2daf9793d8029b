import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signOutPath } from '../../../components/login-proxy.ts';
import { Browser } from './test-browser.ts';
import { lost, own, platform, userCode } from './test-envoy.ts';
import { seen, startTestGateway, type TestGateway } from './test-gateway.ts';

const notebook = `https://${userCode}/notebook/team/book/`;
const cd = `cd.${platform}`;
const script = { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', accept: '*/*' };

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ auth: { userCodeHost: true } });
});
afterAll(() => gateway?.stop());

async function loggedIn(...urls: readonly string[]): Promise<Browser> {
  const browser = new Browser(gateway.port);
  for (const url of urls) expect(await browser.open(url, 'ann@example.com'), url).toMatchObject({ url, status: 200 });
  return browser;
}

/** Sessions by the host that set them. */
function sessions(browser: Browser) {
  return browser.cookies
    .filter(({ name }) => !name.endsWith('_csrf'))
    .map(({ name, domain, hostOnly }) => ({ name: name.replace(/_\d+$/, ''), domain, hostOnly }));
}

/** Everything that a login begins with, at a host. */
async function start(browser: Browser, host: string, path = '/oauth2/start', headers: Record<string, string> = {}) {
  const { status, headers: answer } = await browser.get(`https://${host}${path}`, headers);
  return { status, url: new URL(answer.location ?? 'https://nowhere.invalid') };
}

describe('a login', () => {
  it('is for one host: each has a session of its own, and users’ code has another cookie', async () => {
    const ann = await loggedIn(`https://${platform}/`, notebook, `https://${own}/deep/page?x=1`);
    expect(sessions(ann)).toEqual([
      { name: '__Host-breakwater', domain: platform, hostOnly: true },
      { name: '__Host-breakwater-apps', domain: userCode, hostOnly: true },
      { name: '__Host-breakwater', domain: own, hostOnly: true },
    ]);
    for (const host of [platform, userCode, own])
      expect(ann.visited.join(' ')).toContain(`https://${host}/oauth2/callback`);
    const headers = seen(await ann.get(`${notebook}x`));
    expect(headers).toMatchObject({ 'kubeflow-userid': 'ann@example.com' });
    expect(headers).not.toHaveProperty('cookie');
    expect(headers).not.toHaveProperty('authorization');
  });

  it.each([
    [platform, '/', notebook],
    [own, '/', notebook],
    [userCode, '/notebook/team/book/', `https://${platform}/`],
    [userCode, '/notebook/team/book/', `https://${cd}/`],
  ])('at %s opens nothing elsewhere, if its cookie is copied under any name', async (from, path, to) => {
    const { cookies } = await loggedIn(`https://${from}${path}`);
    const { host } = new URL(to);
    const thief = new Browser(gateway.port);
    thief.cookies = cookies.flatMap((cookie) =>
      ['__Host-breakwater', '__Host-breakwater-apps', '__Secure-breakwater'].map((name) => ({
        ...cookie,
        name: cookie.name.replace(/^__Host-breakwater(-apps)?/, name),
        domain: host,
      })),
    );
    expect((await thief.get(to)).status).toBe(302);
    expect((await thief.get(to, { accept: '*/*', 'sec-fetch-mode': 'cors' })).status).toBe(401);
  });

  it('whose code is stolen by a page of users’ code opens what users’ code has, and nothing of the platform', async () => {
    // The thief begins a login, and the page has the visitor's browser go on with it.
    const thief = new Browser(gateway.port);
    const { url: dex } = await start(thief, userCode);
    const visitor = new Browser(gateway.port);
    const stolen = new URL((await visitor.open(dex.href, 'ann@example.com', (url) => url.includes('code='))).url);
    expect(stolen.host).toBe(userCode);
    expect((await visitor.get(stolen.href)).status).toBe(403);
    expect((await thief.get(stolen.href)).status).toBe(302);
    const taken = thief.cookies.filter(({ name }) => name.startsWith('__Host-breakwater-apps'));
    expect(taken).not.toEqual([]);
    thief.cookies.push(...taken.map((cookie) => ({ ...cookie, name: '__Host-breakwater', domain: platform })));
    expect((await thief.get(`https://${platform}/`)).status).toBe(302);
    // Nor does the platform's OAuth2 Proxy redeem such a code.
    const other = new Browser(gateway.port);
    const begun = await start(other, platform);
    stolen.searchParams.set('state', begun.url.searchParams.get('state') ?? '');
    const answer = await other.get(`https://${platform}/oauth2/callback${stolen.search}`);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(sessions(other)).toEqual([]);
  });

  it.each([
    ['oauth2-proxy', userCode],
    ['oauth2-proxy-apps', platform],
    ['oauth2-proxy-apps', own],
    ['oauth2-proxy', 'evil.example'],
  ])('of the client %s never ends at %s', async (client, host) => {
    const { url } = await start(new Browser(gateway.port), client === 'oauth2-proxy' ? platform : userCode);
    expect(url.searchParams.get('client_id')).toBe(client);
    url.pathname = '/dex/auth/local';
    url.searchParams.set('redirect_uri', `https://${host}/oauth2/callback`);
    const answer = await new Browser(gateway.port).get(url.href);
    expect(answer.status).toBe(400);
    expect(answer.headers.location).toBeUndefined();
  });

  it('is not led astray by a forged host', async () => {
    const nobody = new Browser(gateway.port);
    const forged = {
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
      'x-auth-request-redirect': 'https://evil.example/',
      'x-original-host': 'evil.example',
    };
    for (const host of [platform, userCode, own])
      for (const path of ['/oauth2/start', '/x']) {
        const { status, url } = await start(nobody, host, path, forged);
        expect(status).toBe(302);
        expect(url.searchParams.get('redirect_uri')).toBe(`https://${host}/oauth2/callback`);
        expect(decodeURIComponent(url.searchParams.get('state') ?? '')).not.toContain('evil');
      }
    for (const host of ['evil.example', `${platform}.`, `x.${platform}`, `${userCode}.evil.example`])
      expect((await nobody.get(`https://${platform}/oauth2/start`, { host })).status, host).toBe(404);
    // Dex takes the hosts as they are written in its list.
    for (const host of [platform.toUpperCase(), own.toUpperCase()]) {
      const { status, url } = await start(nobody, platform, '/oauth2/start', { host });
      if (status === 302 && url.searchParams.get('redirect_uri') !== `https://${platform}/oauth2/callback`)
        expect((await nobody.open(url.href)).status, host).toBe(400);
    }
  });

  it('ends on every host at the sign-out of the dashboard', async () => {
    const ann = await loggedIn(`https://${platform}/`, notebook, `https://${own}/`, `https://${cd}/`);
    const ended = await ann.open(`https://${platform}${signOutPath(gateway.cluster)}`);
    expect(ended).toMatchObject({ url: `https://${platform}/oauth2/signed-out`, status: 200 });
    expect(sessions(ann)).toEqual([]);
    for (const url of [`https://${platform}/`, notebook, `https://${own}/`])
      expect((await ann.get(url)).status).toBe(302);
  });
});

describe("the host of users' code", () => {
  it('has what users run, and nothing else of the platform', async () => {
    const ann = await loggedIn(notebook, `https://${userCode}/tenants/red/x`);
    for (const path of ['/api/workgroup/exists', '/pipeline/', '/jupyter/', '/hooks/argocd', '/tools/prometheus/'])
      expect((await ann.get(`https://${userCode}${path}`)).status, path).toBe(404);
    expect((await ann.get(`https://${userCode}/dex/.well-known/openid-configuration`)).status).toBe(404);
    const { status, headers } = await ann.get(`https://${userCode}/`);
    expect([status, headers.location]).toEqual([302, `https://${platform}/`]);
  });

  it('asks for a login at everything but the login, and refuses all while a part of the gate is gone', async () => {
    const nobody = new Browser(gateway.port);
    for (const path of ['/notebook/team/book/', '/', '/dex/auth', '/x'])
      expect((await nobody.get(`https://${userCode}${path}`)).status, path).toBe(302);
    for (const part of lost.filter((one) => one !== 'nothing'))
      expect([302, 403], part).toContain((await new Browser(gateway.ports[part]).get(notebook)).status);
    for (const forged of ['kubeflow-userid', 'KUBEFLOW-USERID'])
      expect((await new Browser(gateway.ports.check).get(notebook, { [forged]: 'ann@example.com' })).status).toBe(403);
  });

  it('is where links of the platform lead to, and nothing that scripts of its pages call', async () => {
    const ann = await loggedIn(`https://${platform}/`, notebook);
    for (const headers of [{}, { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'same-origin' }])
      for (const path of ['/notebook/team/book/lab?x=1', '/tensorboard/a/b/', '/pvcviewers/a/b/', '/tenants/red/']) {
        const answer = await ann.get(`https://${platform}${path}`, headers);
        expect([answer.status, answer.headers.location]).toEqual([302, `https://${userCode}${path}`]);
      }
    for (const path of ['/notebook/team/book/api/kernels', '/tenants/red/x']) {
      const called = await ann.get(`https://${platform}${path}`, { 'sec-fetch-mode': 'cors', accept: '*/*' });
      expect(called.status).toBe(404);
      expect((await ann.get(`https://${platform}${path}`, {}, 'x=1')).status).toBe(404);
    }
  });

  it('has pages that cannot act as their visitor elsewhere', async () => {
    const ann = await loggedIn(`https://${platform}/`, `https://${cd}/`, notebook);
    for (const url of [`https://${platform}/api/x`, `https://${cd}/api/v1/applications`, `https://${own}/api/x`]) {
      expect((await ann.get(url, script)).status, url).toBe(403);
      expect((await ann.get(url, { ...script, 'sec-fetch-mode': 'no-cors' }, 'a=b')).status, url).toBe(403);
      expect((await ann.get(url, { ...script, 'sec-fetch-mode': 'navigate' }, 'a=b')).status, url).toBe(403);
      const { headers } = await ann.get(url);
      expect(headers['content-security-policy']).toContain("frame-ancestors 'self'");
    }
    expect((await ann.get(`https://${userCode}/notebook/team/book/sw.js`, { 'service-worker': 'script' })).status).toBe(
      403,
    );
  });
});

it('keeps the token of an app from scripts: no answer carries it', async () => {
  const ann = await loggedIn(`https://${platform}/`, `https://${cd}/`, notebook);
  expect(seen(await ann.get(`https://${cd}/`))).toHaveProperty('authorization');
  for (const host of [platform, cd, userCode])
    for (const path of ['/oauth2/auth', '/oauth2/x', '/oauth2/userinfo']) {
      const { status, headers } = await ann.get(`https://${host}${path}`);
      expect([200, 202], path).toContain(status);
      expect(headers, path).not.toHaveProperty('authorization');
    }
});
