import { type Answer, ask } from '../observe/ask.ts';
import type { RehearsalSite } from '../site.ts';

/** Argo CD's address, and the sessions of two users. */
interface Place {
  /** Without a trailing "/". */
  url: string;
  /** Address of the gateway, for names that only the cluster resolves. */
  address: string;
  /** Cookie headers. */
  owner: string;
  other: string;
}

/** Argo CD's API behind the same login: the token that the gateway adds grants the rights of the user's groups. */
export async function tryArgocd(
  site: RehearsalSite,
  group: string,
  { url, address, owner, other }: Place,
): Promise<void> {
  const api = (path: string, cookie: string, method = 'GET', body = '') =>
    ask(`${url}/api/v1/${path}`, {
      address,
      method,
      body,
      headers: { accept: 'application/json', cookie, ...(body === '' ? {} : { 'content-type': 'application/json' }) },
    });
  const expect = (name: string, tried: string, expected: string, got: string, ok: boolean) =>
    site.record.check({ group, name, tried, expected, got: got.slice(0, 300), ok });

  // Its server restarts with other arguments, and again when the kubelet mounts the CA that cert-manager created.
  const info = await site.until(
    "Argo CD takes the platform's token",
    async () => {
      const answer = await api('session/userinfo', owner);
      return answer.status === 200 && answer.body.includes('"loggedIn":true') ? answer : undefined;
    },
    300,
  );
  expect(
    'Argo CD takes the token of the platform',
    'GET /api/v1/session/userinfo on its host with a session of the platform',
    `logged in as ${site.users.owner.email}, with ${site.users.owner.groups.join(', ')}`,
    info.body,
    info.body.includes(site.users.owner.email) && site.users.owner.groups.every((name) => info.body.includes(name)),
  );
  const mine = await api('applications', owner);
  expect(
    'an admin by group sees the Applications',
    'GET /api/v1/applications',
    '200, with hello',
    `${mine.status}: ${applicationsOf(mine).join(', ')}`,
    mine.status === 200 && applicationsOf(mine).includes('hello'),
  );
  const sync = await api('applications/hello/sync', owner, 'POST', '{"dryRun":true}');
  expect('and may sync one', 'POST …/applications/hello/sync (dry run)', '200', `${sync.status}`, sync.status === 200);
  const none = await api('applications', other);
  const refused = await api('applications/hello/sync', other, 'POST', '{"dryRun":true}');
  expect(
    'someone without a group has no rights',
    'GET …/applications and POST …/hello/sync with the session of the other user',
    '200 with none, and 403',
    `${none.status} with ${applicationsOf(none).length}, and ${refused.status}`,
    none.status === 200 && applicationsOf(none).length === 0 && refused.status === 403,
  );
  // The correct one, which Argo CD generated when it was installed.
  const words = ['-n', 'argocd', 'get', 'secret', 'argocd-initial-admin-secret', '-o', 'jsonpath={.data.password}'];
  const password = Buffer.from(await site.kubectl(words), 'base64').toString('utf8');
  const admin = await api('session', owner, 'POST', JSON.stringify({ username: 'admin', password }));
  const settings = await site.kubectl([
    '-n',
    'argocd',
    'get',
    'configmap',
    'argocd-cm',
    '-o',
    'jsonpath={.data.admin\\.enabled}',
  ]);
  expect(
    'the local admin is off',
    'POST /api/v1/session as admin with the right password; admin.enabled in argocd-cm',
    'refused; false',
    `${admin.status}: ${admin.body}; ${settings}`,
    password !== '' && admin.status >= 400 && settings === 'false',
  );
  const nobody = await ask(`${url}/api/v1/applications`, {
    address,
    headers: { accept: '*/*', authorization: 'Bearer x' },
  });
  expect('no one', 'GET /api/v1/applications without a session', '401', `${nobody.status}`, nobody.status === 401);
  const foreign = await ask(`${url}/api/v1/applications`, {
    address,
    method: 'POST',
    body: '{}',
    headers: {
      cookie: owner,
      'content-type': 'text/plain',
      'sec-fetch-site': 'same-site',
      'sec-fetch-mode': 'no-cors',
    },
  });
  expect(
    "a page of the platform's host calls it with its visitor's session",
    'POST /api/v1/applications with the session of the admin, as a browser sends it from another host below the same site',
    "403 of the gateway's",
    `${foreign.status}: ${foreign.body}`,
    foreign.status === 403 && foreign.headers['x-envoy-upstream-service-time'] === undefined,
  );
  await tryPages(site, group, { url, address, owner });
}

async function tryPages(
  site: RehearsalSite,
  group: string,
  { url, address, owner }: Omit<Place, 'other'>,
): Promise<void> {
  const page = await ask(`${url}/`, { address, headers: { accept: 'text/html', cookie: owner } });
  const answered = page.status === 500 && page.headers['x-envoy-upstream-service-time'] !== undefined;
  site.record.check({
    group,
    name: 'its pages are served',
    tried: 'GET / on its host',
    expected: '200, with <base href="/">',
    got: `${page.status} ${/<base[^>]*>/.exec(page.body)?.[0] ?? ''}`,
    ok: page.status === 200 && page.body.includes('<base href="/">'),
    // The Go module contains the server only, which answers 500 without the pages.
    ...(site.sandbox !== undefined && answered ? { skipped: "the sandbox's Argo CD is built without pages" } : {}),
  });
}

function applicationsOf(answer: Answer): string[] {
  try {
    const { items }: { items: { metadata: { name: string } }[] | null } = JSON.parse(answer.body);
    return (items ?? []).map(({ metadata }) => metadata.name);
  } catch {
    return [];
  }
}
