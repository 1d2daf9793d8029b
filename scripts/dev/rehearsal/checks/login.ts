import { dexForm, openBrowser, type RealBrowser, type Visitor } from '../browser.ts';
import type { RehearsalSite } from '../site.ts';
import { type Expect, expecting } from './assert.ts';
import type { Check } from './check.ts';
import { runsOwn } from './kubeflow-site.ts';

/** Users log in with a browser, each as themselves, and log out again. */
export const check: Check = {
  name: 'login',
  title: 'Login in a real browser',
  quick: true,
  needs: async (site) => {
    const there = (await site.applications()).some(({ metadata }) => metadata.name === 'kubeflow-dashboard');
    return there ? undefined : 'it leads to the dashboard, which this platform lacks (kubeflow.components)';
  },
  run: async (site) => {
    const browser = await openBrowser(site, await site.ca());
    const expect = expecting(site, 'login');
    try {
      const ann = await browser.visitor();
      await refuseWrongPassword(site, ann, expect);
      await letIn(site, ann, expect);
      await keepApart(site, browser, ann, expect);
      await letOut(ann, expect);
    } finally {
      await browser.close();
    }
  },
};

async function refuseWrongPassword(
  site: RehearsalSite,
  { page, context, ...ann }: Visitor,
  expect: Expect,
): Promise<void> {
  const { owner } = site.users;
  await ann.open('/');
  expect(
    'a visitor is sent to the login',
    'open /',
    `https://${await site.host()}/dex/auth/local/login`,
    whereIs(page.url()),
  );
  await ann.picture('Who opens the platform is asked who they are', 'login');
  await ann.logIn({ ...owner, password: `${owner.password}-wrong` });
  const said = await page.textContent(dexForm.error).catch(() => null);
  expect(
    'a wrong password is refused',
    `log in as ${owner.email} with a wrong password`,
    true,
    (said ?? '').length > 0,
  );
  expect('and gives no session', 'the cookies after that', [], await sessionCookies({ context }));
}

async function letIn(site: RehearsalSite, ann: Visitor, expect: Expect): Promise<void> {
  const { owner } = site.users;
  const host = await site.host();
  await ann.open('/?from=rehearsal');
  await ann.logIn(owner);
  expect(
    'the login leads back to the page that was asked for',
    `log in as ${owner.email}`,
    `https://${host}/?from=rehearsal`,
    `${whereIs(ann.page.url())}?from=${new URL(ann.page.url()).searchParams.get('from')}`,
  );
  expect('the dashboard knows who it is', 'GET /api/workgroup/env-info', owner.email, await userOf(ann));
  await ann.picture('The dashboard, with the identity that reached it', 'dashboard');
  if (saysWhatItGot(site)) {
    const seen = await headersOf(ann, '/');
    expect(
      'kubeflow-userid is the verified address',
      'the headers that reached the dashboard',
      [owner.email],
      seen['Kubeflow-Userid'],
    );
    expect(
      'kubeflow-groups are the verified groups',
      'the headers that reached the dashboard',
      [owner.groups.join(',')],
      seen['Kubeflow-Groups'],
    );
  }
  if (site.sandbox !== undefined) {
    for (const [path, name, own] of [
      ['/jupyter/', 'Notebooks', runsOwn(site, 'jupyter-web-app') ? 'Jupyter Management UI' : undefined],
      ['/volumes/', 'Volumes', runsOwn(site, 'volumes-web-app') ? 'Frontend' : undefined],
      ['/pipeline/', 'Pipelines', undefined],
    ] as const) {
      const seen = own === undefined ? await titled(ann, path) : await framed(site, ann, path, own);
      expect(`${name} are open to who is logged in`, `open ${path}`, `200 ${own ?? name}`, seen);
    }
    await ann.picture('A page of another part: one login for all', 'pipelines');
  }
}

async function titled(ann: Visitor, path: string): Promise<string> {
  const status = await ann.open(path);
  return `${status} ${await ann.page.title()}`;
}

/** Kubeflow's own web apps move into a frame of the dashboard. */
async function framed(site: RehearsalSite, ann: Visitor, path: string, name: string): Promise<string> {
  const status = await ann.open(`/_${path}`);
  const titles = () => Promise.all(ann.page.frames().map((frame) => frame.title().catch(() => '')));
  const title = await site.until(
    `the dashboard shows ${name}`,
    async () => (await titles()).find((one) => one === name),
    60,
  );
  return `${status} ${title}`;
}

async function keepApart(site: RehearsalSite, browser: RealBrowser, ann: Visitor, expect: Expect): Promise<void> {
  const { owner, other } = site.users;
  const bob = await browser.visitor();
  await bob.open('/');
  await bob.logIn(other);
  expect(
    'a second user has an identity of their own',
    `log in as ${other.email}, in another browser`,
    other.email,
    await userOf(bob),
  );
  expect('and the first one keeps theirs', `ask as ${owner.email} again`, owner.email, await userOf(ann));
  if (saysWhatItGot(site)) {
    const seen = await headersOf(bob, '/');
    expect('who has no groups gets none', 'the headers that reached the dashboard', 'nothing', seen['Kubeflow-Groups']);
  }
  await bob.context.close();
}

async function letOut(ann: Visitor, expect: Expect): Promise<void> {
  await ann.open('/');
  const leave = ann.page.locator('#sign-out');
  if ((await leave.count()) > 0) await Promise.all([ann.page.waitForLoadState('load'), leave.click()]);
  else await ann.open('/oauth2/sign_out');
  await ann.page.waitForLoadState('load');
  await ann.picture('Signed out', 'signed-out');
  expect('signing out ends the session', 'the cookies after it', [], await sessionCookies(ann));
  await ann.open('/');
  expect(
    'the next request asks for the login again',
    'open / after it',
    '/dex/auth/local/login',
    new URL(ann.page.url()).pathname,
  );
}

function whereIs(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** The fake dashboard answers with the headers that reached it; Kubeflow's own does not. */
function saysWhatItGot(site: RehearsalSite): boolean {
  return site.sandbox !== undefined && !runsOwn(site, 'central-dashboard');
}

async function sessionCookies({ context }: Pick<Visitor, 'context'>): Promise<string[]> {
  const names = (await context.cookies()).map(({ name }) => name);
  return names.filter((name) => /^__Host-breakwater(_\d+)?$/.test(name));
}

async function userOf(visitor: Visitor): Promise<unknown> {
  return ((await visitor.json('/api/workgroup/env-info')) as { user?: string }).user;
}

async function headersOf(visitor: Visitor, path: string): Promise<Record<string, string[] | undefined>> {
  return ((await visitor.json(path)) as { headers: Record<string, string[]> }).headers;
}
