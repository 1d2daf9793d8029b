import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from './test-browser.ts';
import { type Lost, lost, own, platform } from './test-envoy.ts';
import { seen, startTestGateway, type TestGateway } from './test-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway?.stop());

describe('while a part of the gate is gone', () => {
  const forged = {
    'kubeflow-userid': 'ann@example.com',
    'kubeflow-groups': 'platform-admins',
    'x-breakwater-app': 'prometheus',
    'x-breakwater-group-706c6174666f726d2d61646d696e73': '1',
  };
  const pages = [`https://${platform}/`, `https://${own}/`, `https://${own}/oauth2/x`, `https://cd.${platform}/`];

  it.each(lost.filter((part) => part !== 'nothing'))('no answer is unchecked: %s', async (part) => {
    const anonymous = new Browser(gateway.ports[part]);
    for (const url of pages)
      for (const headers of [{}, forged])
        expect([302, 401, 403], url).toContain((await anonymous.get(url, headers)).status);
  });

  it.each([
    ['check', 403],
    ['edge', 403],
    ['lock', 200],
  ] as const)('someone who is logged in gets: %s gone, %i', async (part, status) => {
    const bob = new Browser(gateway.port);
    await bob.open(`https://${platform}/`, 'bob@example.com');
    const later = new Browser(gateway.ports[part]);
    later.cookies = bob.cookies;
    for (const headers of [{}, forged]) {
      const answer = await later.get(`https://${platform}/`, headers);
      expect(answer.status).toBe(status);
      if (status === 200) expect(seen(answer)['kubeflow-userid']).toBe('bob@example.com');
    }
  });

  it('the login itself works as long as the edge stands', async () => {
    const open = (part: Lost) =>
      new Browser(gateway.ports[part]).get(`https://${platform}/dex/.well-known/openid-configuration`);
    expect((await open('check')).status).toBe(200);
    expect((await open('lock')).status).toBe(200);
    expect((await open('edge')).status).toBe(403);
  });
});

describe('what the gateway refuses anyone who asks', () => {
  const refused: [what: string, path: string, headers?: Record<string, string>][] = [
    ['the proxy of Pipelines', '/pipeline/apis/v1beta1/_proxy/http%3A%2F%2F192.0.2.1%2F'],
    ['the same of its second API', '/pipeline/apis/v2beta1/_proxy/http://192.0.2.1/'],
    ['the same without its prefix', '/apis/v1beta1/_proxy/192.0.2.1'],
    ['the same in capitals', '/PIPELINE/APIS/v1beta1/_PROXY/192.0.2.1'],
    ['the same, encoded', '/pipeline/apis/v1beta1%2F%5Fproxy%2F192.0.2.1'],
    ['the same by way of the check', '/check/pipeline/apis/v1beta1/_proxy/192.0.2.1'],
    [
      'the same by its Referer',
      '/pipeline/',
      { referer: `https://${platform}/pipeline/apis/v1beta1/_proxy/192.0.2.1` },
    ],
    ['an artifact of an http source', '/pipeline/artifacts/get?source=http&bucket=192.0.2.1&key=x'],
    ['the same, encoded', '/pipeline/artifacts/get?%73ource=http&source=minio&bucket=192.0.2.1&key=x'],
    ['the same as a path', '/artifacts/http/192.0.2.1/x'],
    [
      "an artifact of a store's endpoint",
      '/pipeline/artifacts/get?source=s3&providerInfo=%7B%22endpoint%22%3A%22x%22%7D',
    ],
    ['the same, encoded twice', '/pipeline/artifacts/get?source=s3&providerInfo=%7B%22%65ndpoint%22%3A%22x%22%7D'],
    ['a shared upload to Pipelines', '/pipeline/apis/v2beta1/pipelines/upload?name=x'],
    ['the same with an empty namespace', '/pipeline/apis/v1beta1/pipelines/upload?namespace='],
    ['the same with a second namespace', '/pipeline/apis/v2beta1/pipelines/upload?namespace=&namespace=red'],
    ['the same without a value', '/pipeline/apis/v2beta1/pipelines/upload?namespace&namespace=red'],
    ['the same, encoded', '/pipeline/apis/v2beta1/pipelines/upload?%6Eamespace=&namespace=red'],
    ['the same with a semicolon', '/pipeline/apis/v2beta1/pipelines/upload?namespace=red;x'],
    ['the same with an encoded path', '/pipeline/apis/v2beta1/pipelines/upl%6Fad'],
    ['a service worker', '/tenants/red/worker.js', { 'service-worker': 'script' }],
    [
      "another page's request",
      '/argocd/api/v1/applications',
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
    ],
    ["another page's form", '/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
  ];
  const served: [what: string, path: string, headers?: Record<string, string>][] = [
    ['an API of Pipelines', '/pipeline/apis/v2beta1/pipelines/names/my_proxy'],
    ['an upload for a namespace', '/pipeline/apis/v2beta1/pipelines/upload?name=My%20pipeline&namespace=red'],
    ['the same, written first', '/pipeline/apis/v2beta1/pipelines/upload?namespace=red&name=x%3Dy'],
    ['a name with a sign', '/pipeline/apis/v2beta1/pipelines/names/my%40pipeline'],
    ["an artifact of the platform's store", '/pipeline/artifacts/get?source=minio&namespace=red&bucket=b&key=x'],
    [
      'the same with the usual provider',
      '/pipeline/artifacts/get?source=s3&providerInfo=%7B%22fromEnv%22%3A%22true%22%7D',
    ],
    ['a link from elsewhere', '/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
    ["the platform's own request", '/', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }],
  ];
  let ann: Browser;
  beforeAll(async () => {
    ann = new Browser(gateway.port);
    await ann.open(`https://${platform}/`, 'ann@example.com');
  });

  it.each(refused)('%s: %s', async (_, path, headers = {}) => {
    const { status, body } = await ann.get(`https://${platform}${path}`, { ...headers, accept: 'application/json' });
    expect([status, body]).toEqual([403, 'RBAC: access denied']);
  });

  it.each(served)('but not %s: %s', async (_, path, headers = {}) => {
    expect((await ann.get(`https://${platform}${path}`, headers)).status).toBe(200);
  });
});

it('answers of Pipelines that are not its pages run no scripts', async () => {
  const ann = new Browser(gateway.port);
  await ann.open(`https://${platform}/`, 'ann@example.com');
  const policyOf = async (url: string) => (await ann.get(url)).headers['content-security-policy'];
  for (const path of [
    '/pipeline/artifacts/get?source=minio&namespace=red&bucket=b&key=x.html',
    '/pipeline/k8s/pod?podname=x&podnamespace=%3Cscript%3E',
    '/PIPELINE/k8s/pod',
    '/pipeline//k8s/pod',
    '/pipeline/static/../k8s/pod',
    '/pipeline/apps/tensorboard?logdir=x',
  ])
    expect(await policyOf(`https://${platform}${path}`), path).toBe("sandbox, frame-ancestors 'self'");
  for (const path of ['/', '/pipeline/', '/pipeline/?ns=red', '/pipeline/static/js/main.js', '/notebook/red/lab/'])
    expect(await policyOf(`https://${platform}${path}`), path).toBe("frame-ancestors 'self'");
  expect(await policyOf(`https://${own}/pipeline/k8s/pod`)).toBe("frame-ancestors 'self'");
});

describe('a program that asks without a session', () => {
  const polled = [
    '/notebook/red/lab/api/kernels',
    '/notebook/red/lab/lab/api/settings',
    '/pipeline/ml_metadata.MetadataStoreService/GetContexts',
    '/ml_metadata.MetadataStoreService/GetContexts',
    '/pipeline/artifacts/get?source=minio&namespace=red&bucket=b&key=x',
    '/pipeline/k8s/pod',
    '/tensorboard/red/board/data/runs',
    '/katib/fetch_experiments/',
    '/kserve-endpoints/api/namespaces',
  ];

  it.each(polled)('gets 401 and no cookie at %s', async (path) => {
    const anonymous = new Browser(gateway.port);
    for (const headers of [{ accept: '*/*' }, { accept: '*/*', 'sec-fetch-mode': 'cors' }])
      for (const body of ['', '{}']) {
        const answer = await anonymous.get(`https://${platform}${path}`, headers, body);
        expect(answer).toMatchObject({ status: 401 });
        expect(answer.headers).not.toHaveProperty('set-cookie');
        expect(answer.headers).not.toHaveProperty('location');
      }
  });

  it('gets 401 at any page when its browser says that no person opens it', async () => {
    const anonymous = new Browser(gateway.port);
    const ask = (headers: Record<string, string>) => anonymous.get(`https://${platform}/any/page`, headers);
    expect((await ask({ 'sec-fetch-mode': 'cors' })).status).toBe(401);
    expect((await ask({ 'sec-fetch-mode': 'no-cors' })).status).toBe(401);
    expect((await ask({ upgrade: 'websocket', connection: 'upgrade' })).status).toBe(401);
    expect((await ask({ 'sec-fetch-mode': 'navigate' })).status).toBe(302);
    expect((await ask({})).status).toBe(302);
  });
});

it('an answer has the headers that protect browsers', async () => {
  const ann = new Browser(gateway.port);
  await ann.open(`https://${platform}/`, 'ann@example.com');
  const { headers } = await ann.get(`https://${platform}/?service-worker-allowed`);
  expect(headers).toMatchObject({
    'content-security-policy': "frame-ancestors 'self'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
  });
  expect(headers).not.toHaveProperty('service-worker-allowed');
  // The CA is the platform's own.
  expect(headers).not.toHaveProperty('strict-transport-security');
});

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

it("no answer carries the token, which scripts of every page of the host could read: OAuth2 Proxy's own do", async () => {
  const ann = new Browser(gateway.port);
  await ann.open(`https://${platform}/`, 'ann@example.com');
  expect(seen(await ann.get(`https://cd.${platform}/`))).toHaveProperty('authorization');
  for (const path of ['/oauth2/auth', '/oauth2/x', '/oauth2/userinfo']) {
    const { status, headers } = await ann.get(`https://${platform}${path}`);
    expect([200, 202], path).toContain(status);
    expect(headers, path).not.toHaveProperty('authorization');
  }
});

// The last one: it leaves no guess to anybody for some seconds.
it('a password tried again and again is refused, and those who are in notice nothing', async () => {
  const ann = new Browser(gateway.port);
  await ann.open(`https://${platform}/`, 'ann@example.com');
  const guess = () => ann.get(`https://${platform}/dex/auth/local/login?state=x`, {}, 'login=ann&password=x');
  const answers = [];
  for (let count = 0; count < 25; count += 1) answers.push((await guess()).status);
  expect(answers[0]).not.toBe(429);
  expect(answers.at(-1)).toBe(429);
  expect((await ann.get(`https://${platform}/`)).status).toBe(200);
});
