import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError } from '../../../report/errors.ts';
import { dexForm, openBrowser, type RealBrowser, type Visitor } from '../browser.ts';
import { type Directory, startDirectory } from '../identity/directory.ts';
import { type Provider, startProvider } from '../identity/provider.ts';
import { findProgram } from '../needs.ts';
import { mustRun } from '../run-program.ts';
import type { RehearsalSite } from '../site.ts';
import type { Account } from '../state.ts';
import type { Check } from './check.ts';
import { clusterYaml, commitLocally } from './commits.ts';
import { passed } from './root.ts';

const group = 'Connectors';
/** Group whose members may log in, through any connector. */
const admitted = 'platform-users';

/** Users of an LDAP directory and of an OpenID Connect provider; their groups decide about access. */
export const check: Check = {
  name: 'connectors',
  title: 'Login through LDAP and through an upstream OpenID Connect provider',
  quick: false,
  needs: (site) => {
    if (site.sandbox === undefined) return 'its LDAP server and provider run in the sandbox';
    try {
      findProgram('slapd');
    } catch {
      return 'slapd is not there (on Debian: apt-get install --no-install-recommends slapd)';
    }
    return undefined;
  },
  run: async (site) => {
    const people = {
      lea: account('lea', [admitted, 'team-blue']),
      leo: account('leo', ['team-blue']),
      olga: account('olga', [admitted]),
      oscar: account('oscar', []),
    };
    const callback = `https://${await site.host()}/dex/callback`;
    const directory = await startDirectory(site, [people.lea, people.leo]);
    const provider = await startProvider(site, [people.olga, people.oscar], callback);
    try {
      const { own, rendered } = await useBoth(site, directory, provider);
      const browser = await openBrowser(site, await site.ca());
      try {
        await letsIn(site, browser, 'directory', people.lea);
        await keepsOut(site, browser, 'directory', people.leo);
        await letsIn(site, browser, 'provider', people.olga);
        await keepsOut(site, browser, 'provider', people.oscar);
        await refusesPassword(site, browser, people.lea);
      } finally {
        await browser.close();
      }
      await site.revert(rendered);
      await passed(site, await site.revert(own));
      await site.kubectl(['-n', 'auth', 'delete', 'secret', 'dex-connectors', '--ignore-not-found']);
    } finally {
      await provider.stop();
      await directory.stop();
    }
  },
};

function account(name: string, groups: readonly string[]): Account {
  return { email: `${name}@example.com`, password: randomBytes(12).toString('base64url'), groups };
}

/**
 * Like a user: commits a cluster.yaml with both connectors, and runs the bootstrap with their secrets in the environment.
 *
 * @returns the user's own commit, and the bootstrap's
 */
async function useBoth(
  site: RehearsalSite,
  directory: Directory,
  provider: Provider,
): Promise<{ own: string; rendered: string }> {
  const connectors = [
    {
      type: 'ldap',
      id: 'directory',
      name: 'The directory',
      host: directory.host,
      rootCAData: Buffer.from(directory.ca).toString('base64'),
      bindDN: directory.bindDN,
      bindPassword: { env: 'REHEARSAL_BIND_PASSWORD' },
      unverifiedEmails: 'accept',
      userSearch: { baseDN: `ou=people,${directory.base}` },
      groupSearch: {
        baseDN: `ou=groups,${directory.base}`,
        userMatchers: [{ userAttr: 'DN', groupAttr: 'member' }],
      },
    },
    {
      type: 'oidc',
      id: 'provider',
      name: 'The provider',
      issuer: provider.issuer,
      clientID: provider.clientID,
      clientSecret: { env: 'REHEARSAL_CLIENT_SECRET' },
      unverifiedEmails: 'reject',
      scopes: ['profile', 'email', 'groups'],
      groups: true,
    },
  ];
  const files = await clusterYaml(site, { 'auth.connectors': connectors, 'auth.groups': [admitted] });
  for (const [path, text] of Object.entries(files)) await writeFile(join(site.root, path), text);
  const own = await commitLocally(site, 'Let people in by a directory and a provider');
  const words = ['bootstrap', '--cluster', site.cluster, '--context', site.context, '--wait'];
  const { code, stderr } = await site.program(words, {
    env: { REHEARSAL_BIND_PASSWORD: directory.bindPassword, REHEARSAL_CLIENT_SECRET: provider.clientSecret },
  });
  if (code !== 0)
    throw new RunError(`the bootstrap ended with exit code ${code}`, { details: stderr.split('\n').slice(-15) });
  return { own, rendered: (await mustRun(['git', '-C', site.root, 'rev-parse', 'HEAD'])).trim() };
}

/** Opens the platform, chooses a connector, fills in the form, and consents where the provider asks. */
async function comeBy(visitor: Visitor, connector: string, person: Account): Promise<void> {
  await visitor.open('/');
  const { host } = new URL(visitor.page.url());
  await visitor.page.click(`a[href*="/dex/auth/${connector}"]`);
  await visitor.page.waitForSelector(dexForm.login);
  const user = connector === 'directory' ? person.email.slice(0, person.email.indexOf('@')) : person.email;
  await visitor.logIn({ ...person, email: user });
  if (connector !== 'provider') return;
  // Dex asks a provider with prompt=consent: https://dexidp.io/docs/connectors/oidc/
  await Promise.all([visitor.page.waitForURL((url) => url.host === host), visitor.page.click(dexForm.consent)]);
}

async function letsIn(site: RehearsalSite, browser: RealBrowser, connector: string, person: Account): Promise<void> {
  const visitor = await browser.visitor();
  await comeBy(visitor, connector, person);
  await visitor.picture(`Logged in through the connector "${connector}"`, `connector-${connector}`);
  const seen = (await visitor.json('/')) as { headers: Record<string, string[] | undefined> };
  const user = seen.headers['Kubeflow-Userid']?.join() ?? 'nobody';
  const groups = (seen.headers['Kubeflow-Groups']?.join() ?? '').split(',').sort();
  site.record.check({
    group,
    name: `a member of ${admitted} logs in through the ${connector}`,
    tried: `Chromium: ${person.email}, who is in ${person.groups.join(', ')}`,
    expected: `the dashboard, as ${person.email}, with these groups`,
    got: `as ${user}, with ${groups.join(', ')}`,
    ok: user === person.email && groups.join() === [...person.groups].sort().join(),
  });
  await visitor.context.close();
}

async function keepsOut(site: RehearsalSite, browser: RealBrowser, connector: string, person: Account): Promise<void> {
  const visitor = await browser.visitor();
  await comeBy(visitor, connector, person);
  const page = (await visitor.page.textContent('body'))?.replaceAll(/\s+/g, ' ').trim() ?? '';
  const got = await visitor.json('/').then(
    () => 'the dashboard',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  site.record.check({
    group,
    name: `a user who is not in ${admitted} is refused through the ${connector}`,
    tried: `Chromium: ${person.email}, with the right password, in ${person.groups.join(', ') || 'no group'}`,
    expected: 'no access, and no session: / answers 401',
    got: `${got}; the page says: ${page.slice(0, 120)}`,
    ok: got.includes('401'),
  });
  await visitor.context.close();
}

async function refusesPassword(site: RehearsalSite, browser: RealBrowser, person: Account): Promise<void> {
  const visitor = await browser.visitor();
  await comeBy(visitor, 'directory', { ...person, password: `${person.password}-wrong` });
  const said = (await visitor.page.textContent(dexForm.error).catch(() => null))?.trim();
  site.record.check({
    group,
    name: 'a wrong password of the directory is refused',
    tried: `Chromium: ${person.email} with a wrong password`,
    expected: "Dex's form says so",
    got: said ?? 'nothing',
    ok: (said ?? '').length > 0,
  });
  await visitor.context.close();
}
