import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Answer, ask } from '../observe/ask.ts';
import { logIn, startSession } from '../observe/session.ts';
import type { RehearsalSite } from '../site.ts';
import { tryStrangers } from './apps-strangers.ts';
import { attackApps } from './attacks.ts';
import type { Check } from './check.ts';
import { passed } from './root.ts';

const group = 'Apps';
const source = join(import.meta.dirname, '..', 'apps');
const names = ['hello', 'metrics'];

/** Web programs that one commit puts behind the login, and another removes. */
export const check: Check = {
  name: 'apps',
  title: 'Apps by directory: one login, access rules, and no way past the gateway',
  quick: false,
  needs: (site) => (site.sandbox === undefined ? "the apps' images are the sandbox's" : undefined),
  run: async (site) => {
    await passed(site, await site.change('Add apps', await appFiles(site)));
    const base = `https://${await site.host()}`;
    const owner = await cookieOf(site, base, 'owner');
    const other = await cookieOf(site, base, 'other');
    await tryPages(site, base, owner, other);
    await tryStrangers(site, group);
    await attackApps(site, group, names);
    await tryNearMiss(site, base, owner);
    await tryRemoval(site, base, owner);
  },
};

/** The apps next to this check, enabled on the site's cluster. */
export async function appFiles(site: RehearsalSite): Promise<Record<string, string>> {
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return Object.fromEntries(
    files.map((file, index) => [
      `apps${file.slice(source.length)}`,
      (texts[index] ?? '').replace('clusters: []', `clusters: [${site.cluster}]`),
    ]),
  );
}

/** Logs in on the platform's own page, not on an app's: the session must carry over. */
async function cookieOf(site: RehearsalSite, base: string, who: 'owner' | 'other'): Promise<string> {
  const session = startSession();
  await logIn(session, `${base}/`, site.users[who]);
  return [...session.cookies].map(([key, value]) => `${key.split(' ')[1]}=${value}`).join('; ');
}

async function tryPages(site: RehearsalSite, base: string, owner: string, other: string): Promise<void> {
  const get = (path: string, headers: Record<string, string> = {}) =>
    ask(base + path, { headers: { accept: 'application/json', ...headers } });
  const expect = (name: string, tried: string, expected: string, got: string, ok: boolean) =>
    site.record.check({ group, name, tried, expected, got, ok });

  const forged = {
    'x-hello-user': 'root@example.com',
    'x-hello-role': 'Root',
    'kubeflow-userid': 'root@example.com',
    'x-breakwater-app': 'hello',
  };
  const page = await get('/hello/', { cookie: `${owner}; theme=dark`, ...forged });
  const seen = headersOf(page);
  expect(
    'the login carries over, and the app gets its own headers',
    'GET /hello/ with a session of the platform, as a member of its group, with forged headers',
    `200; ${site.users.owner.email}, Operator; the other cookie; no session, no token, no kubeflow-userid`,
    `${page.status}; ${JSON.stringify(seen)}`,
    page.status === 200 &&
      seen['x-hello-user'] === site.users.owner.email &&
      seen['x-hello-role'] === 'Operator' &&
      seen.cookie === 'theme=dark' &&
      seen.authorization === undefined &&
      seen['kubeflow-userid'] === undefined,
  );
  const denied = await get('/hello/', { cookie: other, ...forged, 'kubeflow-groups': 'platform-admins' });
  expect(
    'a person outside the group',
    'GET /hello/ with a session of someone else, and a forged group',
    '403',
    `${denied.status} ${denied.body.trim()}`,
    denied.status === 403,
  );
  const stranger = await ask(`${base}/hello/`, { headers: { accept: 'text/html' } });
  expect(
    'nobody',
    'GET /hello/ without a session, as a browser',
    'the login page of Dex',
    `${stranger.status} ${stranger.headers.location ?? ''}`.slice(0, 120),
    stranger.status === 302 && String(stranger.headers.location).startsWith(`${base}/dex/auth`),
  );
  const api = await ask(`${base}/hello/api/x`, { headers: { accept: '*/*', ...forged } });
  expect('no one, at an API', 'GET /hello/api/x without a session', '401', String(api.status), api.status === 401);
  const ready = await Promise.all([owner, other].map((cookie) => get('/metrics-of-debian/-/ready', { cookie })));
  expect(
    "Debian's Prometheus, for everyone who is logged in",
    'GET /metrics-of-debian/-/ready with the session of each user',
    '200 and 200',
    ready.map(({ status }) => status).join(' and '),
    ready.every(({ status }) => status === 200),
  );
  const query = await get('/metrics-of-debian/api/v1/query?query=prometheus_build_info', { cookie: other });
  expect(
    'it answers a query',
    'GET /metrics-of-debian/api/v1/query?query=prometheus_build_info',
    '200, success',
    `${query.status} ${query.body.slice(0, 60)}`,
    query.status === 200 && query.body.includes('"success"'),
  );
  const closed = await get('/metrics-of-debian/-/ready');
  expect('it is closed to no one', 'the same without a session', '401', String(closed.status), closed.status === 401);
}

/** The headers that reached the fake program, in lower case. */
function headersOf(answer: Answer): Record<string, string> {
  try {
    const { headers }: { headers: Record<string, string[]> } = JSON.parse(answer.body);
    return Object.fromEntries(
      Object.entries(headers)
        .map(([name, values]) => [name.toLowerCase(), values.join(',')] as const)
        .filter(([name]) => /^(x-hello-|kubeflow-|cookie|authorization|x-auth-request-)/.test(name)),
    );
  } catch {
    return {};
  }
}

/** A group whose name only begins like one of the user's groups. */
async function tryNearMiss(site: RehearsalSite, base: string, owner: string): Promise<void> {
  const own = site.users.owner.groups[0] ?? '';
  const file = (await appFiles(site))['apps/hello/app.yaml'] ?? '';
  const near = file.replace('access: {groups: [platform-admins]}', `access: {groups: [${own.slice(0, -1)}, x-${own}]}`);
  await passed(site, await site.change('Open an app to other groups', { 'apps/hello/app.yaml': near }));
  const answer = await site.until(
    'the new list of groups is in force',
    async () => {
      const now = await ask(`${base}/hello/`, { headers: { accept: 'application/json', cookie: owner } });
      return now.status === 200 ? undefined : now;
    },
    60,
  );
  site.record.check({
    group,
    name: 'group names are compared in full',
    tried: `GET /hello/ as a member of ${own}, with access for ${own.slice(0, -1)} and x-${own}`,
    expected: '403',
    got: String(answer.status),
    ok: answer.status === 403,
  });
}

async function tryRemoval(site: RehearsalSite, base: string, owner: string): Promise<void> {
  const gone = Object.fromEntries(names.map((name) => [`apps/${name}`, undefined]));
  await passed(site, await site.change('Remove the apps', gone));
  const left = await site.until(
    'the apps are gone',
    async () => {
      const applications = (await site.applications()).map(({ metadata }) => metadata.name);
      return names.some((name) => applications.includes(name) || applications.includes(`${name}-gate`))
        ? undefined
        : applications;
    },
    180,
  );
  const page = await ask(`${base}/hello/`, { headers: { accept: 'application/json', cookie: owner } });
  const filters = await site.kubectl(['-n', 'ingress', 'get', 'envoyfilters', '-o', 'name']);
  const namespaces = await site.kubectl(['get', 'namespaces', ...names, '-o', 'name']);
  site.record.check({
    group,
    name: 'an app is removed with its folder',
    tried: 'the folders removed by a push; then the Applications, GET /hello/, the filters, the namespaces',
    expected: 'no Application, no page of the app, no filter; the namespaces stay',
    got: `${left.length} Applications; ${page.status}; ${filters.trim().split('\n').join(' ')}; ${namespaces.trim().split('\n').join(' ')}`,
    ok: headersOf(page)['x-hello-user'] === undefined && !filters.includes('app-') && namespaces.includes('hello'),
  });
  await site.kubectl(['delete', 'namespace', ...names, '--wait=false']);
}
