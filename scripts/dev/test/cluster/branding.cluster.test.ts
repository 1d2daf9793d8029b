import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openViewer, type Viewer, views } from '../viewer.ts';
import { Browser } from './test-browser.ts';
import { own, platform } from './test-envoy.ts';
import { hostile, startTestGateway, type TestGateway } from './test-gateway.ts';

type Answer = Awaited<ReturnType<Browser['get']>>;

// What people type, and what programs must not read: HTML, commands of Envoy, dollar signs.
const branding = {
  name: 'Acme <ML> 100% %REQ(COOKIE)% $1',
  logo: 'branding/logo.svg',
  colours: { accent: '#ffd400', accentOnDark: '#4b2e83' },
  contact: { name: "O'Neil & team", link: 'mailto:platform@example.com' },
};
const logo = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4"/></svg>\n';
const written = 'Acme &lt;ML&gt; 100% %REQ(COOKIE)% $1';

let gateway: TestGateway;
let viewer: Viewer;

beforeAll(async () => {
  viewer = await openViewer();
  gateway = await startTestGateway({ branding }, { [branding.logo]: logo });
});
afterAll(async () => {
  await viewer?.close();
  await gateway?.stop();
});

async function loggedIn(email: string): Promise<Browser> {
  const browser = new Browser(gateway.port);
  await browser.open(`https://${platform}/`, email);
  return browser;
}

/** Opens a page in the four views, with the one answer that it got. */
async function expectGoodLooks(url: string, page: Answer): Promise<void> {
  const visitor = new Browser(gateway.port);
  for (const view of views) {
    const seen = await viewer.look(
      url,
      async (address) => (address === url ? page : await visitor.get(address, { accept: '*/*' })),
      view,
    );
    const { violations, complaints, overflows } = seen;
    expect({ violations, complaints, overflows }, JSON.stringify(view)).toEqual({
      violations: [],
      complaints: [],
      overflows: false,
    });
    expect(seen.asked.filter((address) => !address.startsWith(`https://${platform}/`))).toEqual([]);
    expect(seen.byKeyboard).toContain(branding.contact.name);
  }
}

const post = { 'content-type': 'application/x-www-form-urlencoded' };

describe('the pages that users see', () => {
  /** Each with its address, its answer, and a part of its text. */
  const pages: Record<string, () => Promise<[string, Answer, string]>> = {
    'the login': async () => {
      const visitor = new Browser(gateway.port);
      const { url } = await visitor.open(`https://${platform}/`);
      return [url, await visitor.get(url), `<h1>Sign in to ${written}</h1>`];
    },
    'a wrong password': async () => {
      const visitor = new Browser(gateway.port);
      const { url } = await visitor.open(`https://${platform}/`);
      return [url, await visitor.get(url, post, 'login=%3Cb%3E&password=x'), 'value="&lt;b&gt;"'];
    },
    'an error of Dex': async () => {
      const url = `https://${platform}/dex/auth?client_id=%3Cscript%3E`;
      return [url, await new Browser(gateway.port).get(url), 'theme-panel'];
    },
    'the end of the session': async () => {
      const url = `https://${platform}/oauth2/signed-out`;
      return [url, await new Browser(gateway.port).get(url), 'You are signed out'];
    },
    'an error of OAuth2 Proxy': async () => {
      const url = `https://${platform}/oauth2/callback?error=%3Cscript%3Ealert(1)%3C/script%3E`;
      return [url, await new Browser(gateway.port).get(url), 'You are not signed in'];
    },
    'an app that someone may not open': async () => {
      const url = `https://${own}/`;
      return [url, await (await loggedIn('bob@example.com')).get(url), 'You are signed in as <b>bob@example.com</b>'];
    },
    'the same for a hostile address': async () => {
      const url = `https://${own}/`;
      const shown = '&#60;b&#62;o&#39;neil&#60;&#47;b&#62;&#38;&#34;@example.com</b>';
      return [url, await (await loggedIn(hostile)).get(url), `You are signed in as <b>${shown}`];
    },
    'a request that is refused': async () => {
      const url = `https://${platform}/pipeline/apis/v1beta1/_proxy/192.0.2.1`;
      return [url, await (await loggedIn('ann@example.com')).get(url), 'The gateway refused the request.'];
    },
    'an address without a page': async () => {
      const url = `https://${own}/dex/x`;
      return [url, await (await loggedIn('ann@example.com')).get(url), 'Page not found'];
    },
    'a part that is down': async () => {
      const url = `https://${platform}/gone/`;
      return [url, await (await loggedIn('ann@example.com')).get(url), 'Not available right now'];
    },
    'too many requests': async () => {
      const visitor = new Browser(gateway.port);
      const { url } = await visitor.open(`https://${platform}/`);
      let answer = await visitor.get(url, post, 'login=x&password=x');
      for (let count = 0; count < 40 && answer.status !== 429; count += 1)
        answer = await visitor.get(`https://${platform}/dex/auth/local/login?state=x`, post, 'login=x&password=x');
      return [url, answer, 'Too many requests'];
    },
  };

  it.each(Object.entries(pages))('%s', async (what, open) => {
    const [url, answer, text] = await open();
    expect(answer.headers['content-type']).toMatch(/^text\/html/);
    expect(answer.body, what).toContain(text);
    expect(answer.body).toContain(`">${written}</a></header>`);
    expect(answer.body).toContain('src="https://platform.example.com/oauth2/logo.svg"');
    expect(answer.body).toContain('href="mailto:platform@example.com"');
    expect(answer.body).not.toMatch(/<script|<b>o'neil|__Host-|_breakwater/);
    await expectGoodLooks(url, answer);
  });
});

it('serves the logo without a login, as a picture that runs nothing', async () => {
  const { status, headers, body } = await new Browser(gateway.port).get(`https://${platform}/oauth2/logo.svg`);
  expect([status, headers['content-type'], body]).toEqual([200, 'image/svg+xml', logo]);
  expect(headers['content-security-policy']).toMatch(/^default-src 'none'; .*sandbox/);
});

describe('an error that no browser asked for', () => {
  it.each(['application/json, text/plain, */*', '*/*', 'application/grpc'])('stays plain: %s', async (accept) => {
    const ann = await loggedIn('ann@example.com');
    const refused = await ann.get(`https://${platform}/pipeline/apis/v1beta1/_proxy/192.0.2.1`, { accept });
    const gone = await ann.get(`https://${platform}/gone/`, { accept });
    for (const { body } of [refused, gone]) expect(body).not.toContain('<');
    expect(refused.status).toBe(403);
  });

  it('keeps its status', async () => {
    const ann = await loggedIn('ann@example.com');
    for (const [path, status] of [
      ['/pipeline/apis/v1beta1/_proxy/192.0.2.1', 403],
      ['/gone/', 503],
    ] as const)
      expect((await ann.get(`https://${platform}${path}`)).status).toBe(status);
    expect((await ann.get(`https://${own}/dex/x`)).status).toBe(404);
  });
});

it('says that signing in does not work, and serves nothing, while OAuth2 Proxy is down', async () => {
  const ann = await loggedIn('ann@example.com');
  await gateway.loseProxy();
  const url = `https://${platform}/`;
  const answer = await ann.get(url);
  expect(answer.status).toBe(403);
  expect(answer.body).toContain('Signing in does not work right now');
  await expectGoodLooks(url, answer);
  const plain = await ann.get(url, { accept: 'application/json' });
  expect([plain.status, plain.body]).toEqual([403, '']);
});
