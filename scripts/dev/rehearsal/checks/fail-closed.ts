import { type Answer, ask } from '../observe/ask.ts';
import { logIn, type Session, startSession } from '../observe/session.ts';
import type { RehearsalSite } from '../site.ts';
import type { Check } from './check.ts';
import { overrides } from './commits.ts';
import { passed } from './root.ts';

const group = 'Fail closed';
const pages = [
  '/',
  '/pipeline/',
  '/jupyter/api/namespaces',
  '/kfam/v1/bindings',
  '/ping',
  '/robots.txt',
  '/no/such/page',
];
const noReplicas = 'replicaCount: 0\n';

/** Without the login's parts there is no access, not even partial access. */
export const check: Check = {
  name: 'fail-closed',
  title: 'Without OAuth2 Proxy or Dex there is no access',
  quick: false,
  run: async (site) => {
    const base = `https://${await site.host()}`;
    const session = startSession();
    await logIn(session, `${base}/`, site.users.owner);
    const cookie = cookieOf(session);

    await passed(site, await site.change('Stop OAuth2 Proxy', { [overrides(site, 'oauth2-proxy')]: noReplicas }));
    await withoutProxy(site, base, cookie);
    const commit = await site.change('Stop Dex, and start OAuth2 Proxy again', {
      [overrides(site, 'oauth2-proxy')]: undefined,
      [overrides(site, 'dex')]: noReplicas,
    });
    await passed(site, commit);
    await withoutDex(site, base);
    await passed(site, await site.change('Start Dex again', { [overrides(site, 'dex')]: undefined }));

    const again = await logIn(startSession(), `${base}/`, site.users.owner);
    site.record.check({
      group,
      name: 'the login works again afterwards',
      tried: 'a login as a static user',
      expected: 'past the gateway: no login, no 403, no error',
      got: String(again.status),
      ok: again.status === 200 || again.status === 404,
    });
  },
};

function cookieOf({ cookies }: Session): string {
  return [...cookies].map(([key, value]) => `${key.split(' ')[1]}=${value}`).join('; ');
}

async function withoutProxy(site: RehearsalSite, base: string, cookie: string): Promise<void> {
  const strangers = await Promise.all(pages.map((page) => ask(base + page)));
  const known = await Promise.all(pages.map((page) => ask(base + page, { headers: { cookie } })));
  const forged = await Promise.all(
    pages.map((page) => ask(base + page, { headers: { 'kubeflow-userid': site.users.owner.email } })),
  );
  for (const [who, answers] of Object.entries({
    'no session': strangers,
    'a session': known,
    'a forged identity': forged,
  }))
    site.record.check({
      group,
      name: `OAuth2 Proxy scaled to 0, with ${who}`,
      tried: `GET ${pages.join(', ')}`,
      expected: '403 for each',
      got: statuses(answers),
      ok: answers.every(({ status }) => status === 403),
    });
}

async function withoutDex(site: RehearsalSite, base: string): Promise<void> {
  const session = startSession();
  const login = await session.open(`${base}/`);
  site.record.check({
    group,
    name: 'Dex scaled to 0: a login',
    tried: 'GET / without a session, redirects followed',
    expected: "503 at Dex's login page",
    got: `${login.status} at ${new URL(session.url).pathname}: ${login.body.slice(0, 80)}`,
    ok: login.status === 503 && new URL(session.url).pathname.startsWith('/dex/'),
  });
  const state = new URL(session.url).searchParams.get('state') ?? '';
  const callback = await session.open(`${base}/oauth2/callback?code=made-up&state=${encodeURIComponent(state)}`);
  site.record.check({
    group,
    name: 'Dex scaled to 0: a made-up callback',
    tried: 'GET /oauth2/callback with the state of that login and a code that Dex never issued',
    expected: 'an error, and no session cookie',
    got: `${callback.status}, cookies: ${[...session.cookies.keys()].join(', ') || 'none'}`,
    ok: callback.status >= 400 && ![...session.cookies.keys()].some((key) => / __Host-breakwater(_\d+)?$/.test(key)),
  });
  const strangers = await Promise.all(
    pages.map((page) => ask(base + page, { headers: { accept: 'application/json' } })),
  );
  site.record.check({
    group,
    name: 'Dex scaled to 0: no session',
    tried: `GET ${pages.join(', ')} with Accept: application/json`,
    expected: '401 for each',
    got: statuses(strangers),
    ok: strangers.every(({ status }) => status === 401),
  });
}

function statuses(answers: readonly Answer[]): string {
  return answers.map(({ status, error }) => error ?? String(status)).join(', ');
}
