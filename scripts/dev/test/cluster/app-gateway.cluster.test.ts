import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimedIdentities } from '../../../components/identity.ts';
import { Browser } from './test-browser.ts';
import { own, platform, startTestGateway, type TestGateway } from './test-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway?.stop());

function seen({ body }: { body: string }): Record<string, string> {
  return (JSON.parse(body) as { headers: Record<string, string> }).headers;
}

describe('a login that begins on the host of an app', () => {
  it('ends on the very page that was asked for, and is good for the platform, too', async () => {
    const browser = new Browser(gateway.port);
    const page = `https://${own}/d/home?orgId=1&x=%2Fy`;
    const end = await browser.open(page, 'ann@example.com');
    expect(end).toMatchObject({ status: 200, url: page });
    expect(browser.visited.some((url) => url.startsWith(`https://${platform}/oauth2/callback`))).toBe(true);
    expect((await browser.get(`https://${platform}/`)).status).toBe(200);
    expect((await browser.get(`https://${platform}/tools/prometheus/`)).status).toBe(200);
  });

  it('is not led to a foreign host, whatever the request says', async () => {
    const browser = new Browser(gateway.port);
    const headers = { 'x-auth-request-redirect': 'https://evil.example/', 'x-forwarded-host': 'evil.example' };
    const first = await browser.get(`https://${platform}/page`, headers);
    const end = await browser.open(first.headers.location ?? '', 'ann@example.com');
    expect(end.url).toBe(`https://${platform}/page`);
  });

  it('carries over from the platform to the app', async () => {
    const browser = new Browser(gateway.port);
    await browser.open(`https://${platform}/`, 'ann@example.com');
    const { status, body } = await browser.get(`https://${own}/`);
    expect(status).toBe(200);
    expect(seen({ body })).toMatchObject({ 'x-webauth-user': 'ann@example.com', 'x-webauth-role': 'Admin' });
  });

  it('has a cookie for the platform and what is below it, for HTTPS and no script', async () => {
    const browser = new Browser(gateway.port);
    let answer = await browser.get(`https://${own}/`);
    const end = await browser.open(answer.headers.location ?? '', 'ann@example.com');
    answer = await browser.get(end.url);
    const session = browser.cookies.filter(({ name }) => /^__Secure-breakwater(_\d+)?$/.test(name));
    expect(session.length).toBeGreaterThan(0);
    expect(session.every(({ domain }) => domain === platform)).toBe(true);
  });
});

describe('who may open an app', () => {
  const session = async (email: string) => {
    const browser = new Browser(gateway.port);
    await browser.open(`https://${platform}/`, email);
    return browser;
  };

  it('is let in by the group, among others in the list', async () => {
    const ann = await session('ann@example.com');
    expect((await ann.get(`https://${platform}/tools/prometheus/graph`)).status).toBe(200);
  });

  it('is not let in by a group that only begins like it, nor with forged headers', async () => {
    const bob = await session('bob@example.com');
    const forged = {
      'kubeflow-groups': 'platform-admins',
      'kubeflow-userid': 'ann@example.com',
      'x-breakwater-app': 'prometheus',
      'x-webauth-user': 'ann@example.com',
    };
    for (const url of [`https://${platform}/tools/prometheus/`, `https://${own}/`, `https://${own}/api/x`]) {
      expect((await bob.get(url)).status).toBe(403);
      expect((await bob.get(url, forged)).status).toBe(403);
    }
    for (const path of [
      '/tools//prometheus/',
      '/x/../tools/prometheus/',
      '/tools%2Fprometheus/',
      '/%74ools/prometheus/',
    ])
      expect((await bob.get(`https://${platform}${path}`)).status, path).toBe(403);
    expect((await bob.get(`https://${platform}/other`)).status).toBe(200);
  });

  it('is nobody without a session: the login, or 401 at an API', async () => {
    const nobody = new Browser(gateway.port);
    expect((await nobody.get(`https://${own}/`)).status).toBe(302);
    expect((await nobody.get(`https://${own}/api/x`, { accept: '*/*' })).status).toBe(401);
    expect((await nobody.get(`https://${platform}/tools/prometheus/api/v1/query`, { accept: '*/*' })).status).toBe(401);
    for (const path of ['/dex/', '/oauth2/x', '/oauth2/auth'])
      expect([302, 401], path).toContain((await nobody.get(`https://${own}${path}`)).status);
  });
});

describe('what reaches an app', () => {
  it('is its own headers and its own cookies: no session, no token, no other identity', async () => {
    const ann = new Browser(gateway.port);
    await ann.open(`https://${platform}/`, 'ann@example.com');
    ann.cookies.push(
      { name: 'theme', value: 'dark', domain: platform },
      { name: '__Host-breakwater', value: 'old', domain: platform },
    );
    const forged = {
      'x-webauth-user': 'root',
      'x-webauth-role': 'Root',
      authorization: 'Bearer x',
      kubeflow_userid: 'root',
    };
    const headers = seen(await ann.get(`https://${own}/`, forged));
    expect(headers).toMatchObject({
      'x-webauth-user': 'ann@example.com',
      'x-webauth-role': 'Admin',
      'x-breakwater-app': 'grafana',
      cookie: 'theme=dark',
    });
    for (const name of [
      'authorization',
      'kubeflow-userid',
      'kubeflow-groups',
      'kubeflow_userid',
      'x-auth-request-redirect',
    ])
      expect(headers).not.toHaveProperty(name);
  });

  it('is nothing that any proxy tells programs of a person, whoever sends it in whatever case', async () => {
    const ann = new Browser(gateway.port);
    await ann.open(`https://${platform}/`, 'ann@example.com');
    for (const write of [(name: string) => name, (name: string) => name.toUpperCase()]) {
      const forged = Object.fromEntries(claimedIdentities.map((name) => [write(name), 'root']));
      const headers = seen(await ann.get(`https://${platform}/`, { ...forged, 'x-hello-user': 'root' }));
      expect(headers['kubeflow-userid']).toBe('ann@example.com');
      expect(Object.entries(headers).filter(([, value]) => value.includes('root'))).toEqual([['x-hello-user', 'root']]);
    }
  });

  it('is the token where the app asks for it, and nowhere else', async () => {
    const ann = new Browser(gateway.port);
    await ann.open(`https://${platform}/`, 'ann@example.com');
    const token = seen(await ann.get(`https://${platform}/argocd/api/v1/session/userinfo`)).authorization ?? '';
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ aud: 'oauth2-proxy', email: 'ann@example.com', groups: ['dev', 'platform-admins'] });
    for (const url of [`https://${platform}/`, `https://${platform}/argocdx`, `https://${own}/argocd/`])
      expect(seen(await ann.get(url))).not.toHaveProperty('authorization');
  });
});
