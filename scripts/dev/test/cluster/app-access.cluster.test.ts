import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimedIdentities } from '../../../components/identity.ts';
import { Browser } from './test-browser.ts';
import { own, platform } from './test-envoy.ts';
import { seen, startTestGateway, type TestGateway } from './test-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway?.stop());

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

  it('is unknown without a session: the login, or 401 at an API', async () => {
    const anonymous = new Browser(gateway.port);
    expect((await anonymous.get(`https://${own}/`)).status).toBe(302);
    expect((await anonymous.get(`https://${own}/api/x`, { accept: '*/*' })).status).toBe(401);
    expect((await anonymous.get(`https://${platform}/tools/prometheus/api/v1/query`, { accept: '*/*' })).status).toBe(
      401,
    );
    for (const path of ['/dex/', '/oauth2/x', '/oauth2/auth'])
      expect([302, 401], path).toContain((await anonymous.get(`https://${own}${path}`)).status);
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

  it('is nothing that any proxy tells programs of a person, anyone who sends it in whatever case', async () => {
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
    const token = seen(await ann.get(`https://cd.${platform}/api/v1/session/userinfo`)).authorization ?? '';
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ aud: 'oauth2-proxy', email: 'ann@example.com', groups: ['dev', 'platform-admins'] });
    for (const url of [`https://${platform}/`, `https://${platform}/argocd/`, `https://${own}/argocd/`])
      expect(seen(await ann.get(url))).not.toHaveProperty('authorization');
  });
});
