import { compare } from 'bcryptjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { userKey } from '../../../components/users.ts';
import { bootstrap, clusterName, openSite, readPasswords, type TestSite, users } from './site.ts';
import { different, type Snapshot, secretOf, snapshot } from './snapshot.ts';
import { until } from './until.ts';

/** A run that is killed again and again, and one that never is. */
let killed: TestSite;
let undisturbed: TestSite;
let end: Snapshot;

/** What can be seen from outside when a step of a bootstrap has started or is done, in the order of the steps. */
const steps: readonly (readonly [what: string, isThere: (site: TestSite) => Promise<boolean> | boolean])[] = [
  ['the first file is written', ({ checkout }) => checkout.git('status', '--porcelain') !== ''],
  ['the commit is made', ({ checkout }) => checkout.git('rev-list', '--count', 'HEAD') === '2'],
  ['the commit is pushed', ({ remote }) => remote.git('for-each-ref') !== ''],
  ['the namespace is there', (site) => has(site, 'v1', 'Namespace', 'argocd')],
  ['the first CRD is there', (site) => has(site, crds, 'CustomResourceDefinition', 'appprojects.argoproj.io')],
  ['the first Deployment is there', (site) => has(site, 'apps/v1', 'Deployment', 'argocd-server', 'argocd')],
  ['the users have their Secret', (site) => has(site, 'v1', 'Secret', 'dex-users', 'auth')],
  ['the login has its Secret', (site) => has(site, 'v1', 'Secret', 'oauth2-proxy', 'auth')],
  [
    'the repository has its Secret',
    (site) => has(site, 'v1', 'Secret', `breakwater-repository-${clusterName}`, 'argocd'),
  ],
  ['the project is there', (site) => has(site, argo, 'AppProject', 'platform', 'argocd')],
  ['the root is there', (site) => has(site, argo, 'Application', 'platform', 'argocd')],
];
const crds = 'apiextensions.k8s.io/v1';
const argo = 'argoproj.io/v1alpha1';

async function has({ cluster }: TestSite, apiVersion: string, kind: string, name: string, namespace?: string) {
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  return (await cluster.connection.api.find({ apiVersion, kind, metadata })) !== undefined;
}

let kills = 0;
/** The login's Secret after each kill, once it is there. */
const secretsSeen: string[] = [];

beforeAll(async () => {
  killed = await openSite();
  undisturbed = await openSite();
  await undisturbed.run(...bootstrap(undisturbed));
});
afterAll(async () => {
  await killed?.stop();
  await undisturbed?.stop();
});

it.each(steps)('is killed when %s', async (_, isThere) => {
  // The run before may have come this far by the time the signal reached it.
  if (await isThere(killed)) return;
  const run = killed.start(...bootstrap(killed));
  // It stands still during each look: on a slow machine it would be steps further by the time the answer is here.
  await until(run, async () => {
    run.pause();
    const there = await isThere(killed);
    if (!there) run.resume();
    return there;
  });
  run.kill();
  if ((await run.result).code === null) kills += 1;
  const found = await snapshot(killed.cluster.connection.api);
  if (found.has('Secret auth/oauth2-proxy')) secretsSeen.push(JSON.stringify(secretOf(found, 'auth/oauth2-proxy')));
});

it('finishes at last, and has the same cluster as a run that was never killed', async () => {
  expect(kills).toBeGreaterThan(steps.length / 2);
  const last = await killed.run(...bootstrap(killed));
  expect(last).toMatchObject({ code: 0 });
  end = await snapshot(killed.cluster.connection.api);
  const other = await snapshot(undisturbed.cluster.connection.api);
  expect([...end.keys()].sort()).toEqual([...other.keys()].sort());
  // What differs by nature: made values, and the address of each site's Git host with its certificate.
  expect(different(end, other)).toEqual([
    'AppProject argocd/platform',
    'Application argocd/platform',
    'ConfigMap argocd/argocd-tls-certs-cm',
    `Secret argocd/breakwater-repository-${clusterName}`,
    'Secret auth/dex-users',
    'Secret auth/oauth2-proxy',
  ]);
});

it('made one commit, and pushed that', () => {
  for (const site of [killed, undisturbed]) expect(site.remote.git('rev-list', '--count', 'main')).toBe('2');
  expect(killed.remote.git('rev-parse', 'main')).toBe(killed.checkout.git('rev-parse', 'HEAD'));
  expect(killed.checkout.git('status', '--porcelain')).toBe('');
});

it('kept the first secrets that were made', () => {
  expect(secretsSeen.length).toBeGreaterThan(0);
  expect(new Set([...secretsSeen, JSON.stringify(secretOf(end, 'auth/oauth2-proxy'))]).size).toBe(1);
});

it('printed the password that is in force, for the user that it was made for', async () => {
  const told = [...readPasswords(killed).matchAll(new RegExp(`^${users[0]}: (.+)$`, 'gm'))].map(
    ([, password]) => password,
  );
  const hash = secretOf(end, 'auth/dex-users')[userKey(users[0])] ?? '';
  expect(await compare(told.at(-1) ?? '', hash)).toBe(true);
});
