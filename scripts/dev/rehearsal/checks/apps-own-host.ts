import { nameHosts } from '../names.ts';
import { ask } from '../observe/ask.ts';
import { logIn, type Session, startSession } from '../observe/session.ts';
import type { RehearsalSite } from '../site.ts';
import { appFiles } from './apps.ts';
import { tryArgocd } from './apps-argocd.ts';
import { attackApps } from './attacks.ts';
import type { Check } from './check.ts';
import { clusterYaml } from './commits.ts';
import { passed } from './root.ts';

const group = 'Apps on their own hosts';
const host = 'platform.rehearsal.test';
const own = `hello.${host}`;
const argocd = `argocd.${host}`;

/** Apps on hosts below the platform's: resolved by DNS inside the cluster, and attacked like everything exposed. */
export const check: Check = {
  name: 'own-host',
  title: 'Apps on their own hosts, Argo CD among them: certificates, the same login, the attack suite',
  quick: false,
  needs: (site) => (site.sandbox === undefined ? "the names are known to the sandbox's name server only" : undefined),
  run: async (site) => {
    const address = await site.address();
    const forget = await nameHosts(site, [host, own, argocd], address);
    try {
      const app = (await appFiles(site))['apps/hello/app.yaml'] ?? '';
      const moved = app.replace('place: {path: /hello/}', 'place: {host: hello}');
      const files = Object.entries(await appFiles(site)).filter(([path]) => path.startsWith('apps/hello/'));
      const commit = await site.change('Put an app on a host of its own', {
        ...Object.fromEntries(files),
        'apps/hello/app.yaml': moved,
        ...(await clusterYaml(site, { host, apps: { argocd: {} } })),
      });
      await passed(site, commit, { seconds: 600 });
      await tryPages(site, address);
      await tryFromInside(site);
      const [owner, other] = await Promise.all([cookies(site, address, 'owner'), cookies(site, address, 'other')]);
      await tryArgocd(site, group, { url: `https://${argocd}`, address, owner, other });
      await attackApps(site, group, ['hello', 'argocd'], ['--address', address]);
      await passed(site, await site.revert(commit), { seconds: 600 });
      await site.kubectl(['delete', 'namespace', 'hello', '--wait=false']);
    } finally {
      await forget();
    }
  },
};

async function tryPages(site: RehearsalSite, address: string): Promise<void> {
  const expect = (name: string, tried: string, expected: string, got: string, ok: boolean) =>
    site.record.check({ group, name, tried, expected, got, ok });
  const ca = await site.ca();
  const first = await site.until(
    'the app has its certificate',
    async () => {
      const answer = await ask(`https://${own}/`, { address, ca, headers: { accept: 'text/html' } });
      return answer.status === 0 ? undefined : answer;
    },
    120,
  );
  expect(
    'a certificate of its own',
    `HTTPS to ${own}, trusting the platform's CA and nothing else`,
    `chain and name are correct; the login at https://${host}/dex/auth`,
    `${first.certificate?.subjectaltname}; ${first.status} ${String(first.headers.location).slice(0, 80)}`,
    first.status === 302 && String(first.headers.location).startsWith(`https://${host}/dex/auth`),
  );
  const plain = await ask(`http://${own}/x`, { address });
  expect(
    'port 80 leads to HTTPS',
    `GET http://${own}/x`,
    `301 https://${own}/x`,
    `${plain.status} ${plain.headers.location ?? ''}`,
    plain.status === 301 && plain.headers.location === `https://${own}/x`,
  );
  const owner = startSession({ [host]: address, [own]: address });
  await logIn(owner, `https://${own}/deep/page?x=1`, site.users.owner);
  const seen = await ask(`https://${own}/`, {
    address,
    ca,
    headers: { accept: 'application/json', cookie: cookiesOf(owner) },
  });
  const user = /"X-Hello-User":\["([^"]*)"\]/.exec(seen.body)?.[1] ?? '';
  expect(
    'a login that began there leads back there',
    `https://${own}/deep/page?x=1 in a browser without cookies; the form filled in; then the headers that reach the app`,
    `200 at https://${own}/deep/page?x=1; ${site.users.owner.email}`,
    `${owner.answer.status} at ${owner.url}; ${user}`,
    owner.answer.status === 200 && owner.url === `https://${own}/deep/page?x=1` && user === site.users.owner.email,
  );
  await owner.open(`https://${host}/`);
  expect(
    "the session is the platform's, too",
    `then https://${host}/`,
    `200 at https://${host}/`,
    `${owner.answer.status} at ${owner.url}`,
    owner.answer.status === 200 && owner.url === `https://${host}/`,
  );
  const other = startSession({ [host]: address, [own]: address });
  await logIn(other, `https://${host}/`, site.users.other);
  await other.open(`https://${own}/`);
  expect(
    'a person outside the group',
    `https://${own}/ with a session of someone else`,
    '403',
    `${other.answer.status} ${other.answer.body.trim()}`,
    other.answer.status === 403,
  );
}

/** Cookies of a login on the platform's own page, not on an app's: the session must carry over. */
async function cookies(site: RehearsalSite, address: string, who: 'owner' | 'other'): Promise<string> {
  const session = startSession({ [host]: address });
  await logIn(session, `https://${host}/`, site.users[who]);
  return cookiesOf(session);
}

function cookiesOf({ cookies }: Session): string {
  return [...cookies].map(([key, value]) => `${key.split(' ')[1]}=${value}`).join('; ');
}

/** Requests it by name from a pod. */
async function tryFromInside(site: RehearsalSite): Promise<void> {
  const name = 'rehearsal-own-host';
  const words = ['curl', '-sk', '-o', '/dev/null', '-m', '10', '-w', '%{http_code} %{remote_ip}', `https://${own}/`];
  const image = site.sandbox?.probeImage ?? '';
  try {
    await site.kubectl(['-n', 'default', 'run', name, `--image=${image}`, '--restart=Never', '--', 'sleep', '600']);
    await site.kubectl(['-n', 'default', 'wait', '--for=condition=Ready', `pod/${name}`, '--timeout=120s']);
    const got = (await site.kubectl(['-n', 'default', 'exec', name, '--', ...words])).trim();
    const expected = `302 ${await site.address()}`;
    site.record.check({
      group,
      name: 'DNS resolves to it from inside',
      tried: `curl https://${own}/ in a pod`,
      expected,
      got,
      ok: got === expected,
    });
  } finally {
    await site.kubectl(['-n', 'default', 'delete', 'pod', name, '--ignore-not-found', '--wait=false']);
  }
}
