import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError } from '../../../report/errors.ts';
import { openBrowser, type Visitor } from '../browser.ts';
import { nameHosts } from '../names.ts';
import { ask } from '../observe/ask.ts';
import { mustRun } from '../run-program.ts';
import type { RehearsalSite } from '../site.ts';
import { type Expect, expecting } from './assert.ts';
import { attackApps } from './attacks.ts';
import type { Check } from './check.ts';
import { clusterYaml, commitLocally } from './commits.ts';
import { passed } from './root.ts';
import { lookAtFolders, settled, tenantFiles } from './tenants-site.ts';

const group = 'user-code-host';
const host = 'platform.rehearsal.test';
const code = `apps.${host}`;
const argocd = `argocd.${host}`;
const page = `https://${code}/tenants/code/`;

/** Users' code on its own host: its login, and what a page there cannot do on the platform's host. */
export const check: Check = {
  name: group,
  title: "A host for users' code, in a real browser: its own session, and no access to the platform for its pages",
  quick: false,
  needs: (site) => (site.sandbox === undefined ? "the names are known to the sandbox's name server only" : undefined),
  run: async (site) => {
    const address = await site.address();
    const forget = await nameHosts(site, [host, code, argocd], address);
    try {
      const files = Object.entries(tenantFiles(site)).filter(([path]) => path.startsWith('tenants/beta/'));
      const tenant = await site.change(
        'Add a tenant',
        Object.fromEntries(
          files.map(([path, text]) => [path.replace('beta', 'code'), text.replaceAll('beta', 'code')]),
        ),
      );
      const commits = await switchOn(site);
      await lookAtFolders(site);
      await settled(site, ['code']);
      await tryInBrowser(site, address);
      await attackApps(site, group, ['user-code/', 'argocd'], ['--address', address]);
      for (const commit of commits) await site.revert(commit);
      await passed(site, await site.revert(tenant), { seconds: 900 });
      await site.kubectl(['-n', 'auth', 'delete', 'secret', 'oauth2-proxy-apps', '--ignore-not-found']);
      await site.kubectl(['delete', 'namespace', 'code', '--wait=false']);
    } finally {
      await forget();
    }
  },
};

/** Like a user: commits cluster.yaml, and the bootstrap creates the new Secret. @returns the commits, newest first */
async function switchOn(site: RehearsalSite): Promise<string[]> {
  const files = await clusterYaml(site, { host, 'auth.userCodeHost': true, apps: { argocd: {} } });
  for (const [path, text] of Object.entries(files)) await writeFile(join(site.root, path), text);
  const own = await commitLocally(site, "Give users' code a host of its own");
  const words = ['bootstrap', '--cluster', site.cluster, '--context', site.context, '--wait'];
  const { code: status, stderr } = await site.program(words);
  if (status !== 0)
    throw new RunError(`the bootstrap ended with exit code ${status}`, { details: stderr.split('\n').slice(-15) });
  const head = (await mustRun(['git', '-C', site.root, 'rev-parse', 'HEAD'])).trim();
  return head === own ? [own] : [head, own];
}

async function tryInBrowser(site: RehearsalSite, address: string): Promise<void> {
  const expect = expecting(site, group);
  const browser = await openBrowser(site, await site.ca(), [host, code, argocd]);
  try {
    const ann = await browser.visitor();
    await ann.open('/');
    await ann.logIn(site.users.other);
    await ann.page.goto(`https://${host}/tenants/code/?from=link`);
    expect(
      'a link of the platform leads to a login there',
      'open /tenants/code/',
      `https://${host}/dex/auth/local/login`,
      where(ann),
    );
    await ann.logIn(site.users.other);
    expect('which ends there', 'log in once more', `${page}?from=link`, ann.page.url());
    await ann.picture("A tenant's page on the host of users' code", 'user-code');
    const user = await ann.page.evaluate(
      "fetch(location.href, { headers: { accept: 'application/json' } }).then((answer) => answer.json()).then(({ user }) => user)",
    );
    expect('as the same person', 'whom the program was told', site.users.other.email, user);
    const cookies = (await ann.context.cookies()).filter(({ name }) => !name.endsWith('_csrf'));
    expect(
      'each host has a cookie of its own',
      'the cookies after that',
      [`${code} __Host-breakwater-apps`, `${host} __Host-breakwater`],
      [...new Set(cookies.map(({ domain, name }) => `${domain} ${name.replace(/_\d+$/, '')}`))].sort(),
    );
    await tryScripts(ann, expect);
    await tryCopies(address, await site.ca(), cookies, expect);
    await trySignOut(site, ann, expect);
  } finally {
    await browser.close();
  }
}

/** Attempts by a script on a page there, in its visitor's browser. */
async function tryScripts({ page: tab, context }: Visitor, expect: Expect): Promise<void> {
  const call = (url: string, mode: string) =>
    tab.evaluate(
      async ([target = '', how]) => {
        try {
          const answer = await fetch(target, { credentials: 'include', mode: how as 'cors' });
          return `${answer.type} ${answer.status}`;
        } catch (error) {
          return (error as Error).name;
        }
      },
      [url, mode],
    );
  const targets = [`https://${host}/api/workgroup/env-info`, `https://${argocd}/api/v1/applications`];
  const got: string[] = [];
  for (const target of targets) for (const mode of ['cors', 'no-cors']) got.push(await call(target, mode));
  expect(
    'its scripts read nothing of other hosts',
    "fetch of the dashboard's API and Argo CD's, as CORS and without, with the visitor's cookies",
    [],
    got.filter((answer) => answer !== 'TypeError' && answer !== 'opaque 0'),
  );
  expect(
    'nor of the platform there',
    'fetch of /api/workgroup/env-info',
    'basic 404',
    await call(`https://${code}/api/workgroup/env-info`, 'cors'),
  );
  const before = await context.cookies();
  for (const name of ['__Host-breakwater', '__Secure-breakwater', '__Host-breakwater-apps'])
    await tab.evaluate(`document.cookie = '${name}=stolen; Domain=${host}; Path=/; Secure'`);
  const changed = (await context.cookies()).filter(
    ({ name, domain, value }) =>
      name.startsWith('__Host-') &&
      !before.some((one) => one.name === name && one.domain === domain && one.value === value),
  );
  expect(
    'nor can it set the session of another host',
    'document.cookie with a Domain',
    [],
    changed.map(({ name }) => name),
  );
  await tab.goto(page);
  const framed = await tab.evaluate(`new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.onload = () => resolve(frame.contentDocument === null ? 'nothing readable' : 'readable');
    frame.src = 'https://${host}/';
    document.body.append(frame);
  })`);
  expect('nor read the platform in a frame', 'an iframe of /', 'nothing readable', framed);
}

/** A session is valid only on its own host, whatever the name of its cookie. */
async function tryCopies(
  address: string,
  ca: string,
  cookies: readonly { name: string; value: string; domain: string }[],
  expect: Expect,
): Promise<void> {
  const send = async (url: string, from: string, name: string) => {
    const cookie = cookies
      .filter(({ domain }) => domain === from)
      .map((one) => `${one.name.replace(/^__Host-breakwater(-apps)?/, name)}=${one.value}`)
      .join('; ');
    return (await ask(url, { address, ca, headers: { accept: 'text/html', cookie } })).status;
  };
  const names = ['__Host-breakwater', '__Host-breakwater-apps'];
  const got: number[] = [];
  for (const name of names) got.push(await send(`https://${host}/`, code, name), await send(page, host, name));
  expect('a copied cookie opens nothing on the other host', `under ${names.join(' and ')}`, [302, 302, 302, 302], got);
  const script = { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' };
  const called = await ask(`https://${host}/`, {
    address,
    ca,
    headers: { ...script, cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') },
  });
  expect(
    "nor does the gateway take a script's request",
    'GET / as from a page there, with all cookies',
    403,
    called.status,
  );
  expect(
    'and the right one does',
    'the platform, and the page',
    [200, 200],
    [await send(`https://${host}/`, host, names[0] ?? ''), await send(page, code, names[1] ?? '')],
  );
}

async function trySignOut(site: RehearsalSite, { page: tab, context }: Visitor, expect: Expect): Promise<void> {
  const path = '{.spec.template.spec.containers[0].env[?(@.name=="LOGOUT_URL")].value}';
  const words = ['-n', 'kubeflow', 'get', 'deployment', 'centraldashboard', '-o', `jsonpath=${path}`];
  await tab.goto(`https://${host}${await site.kubectl(words)}`);
  expect(
    "the dashboard's sign-out goes from host to host",
    'open LOGOUT_URL',
    `https://${host}/oauth2/signed-out`,
    tab.url(),
  );
  const left = (await context.cookies()).filter(({ name }) => name.startsWith('__Host-') && !name.endsWith('_csrf'));
  expect(
    'and ends every session',
    'the cookies after that',
    [],
    left.map(({ name, domain }) => `${domain} ${name}`),
  );
}

function where({ page: tab }: Visitor): string {
  const { origin, pathname } = new URL(tab.url());
  return origin + pathname;
}
