import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compare } from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { userKey } from '../../../components/users.ts';
import { breakApplication, playArgoCD } from './argocd.ts';
import type { RunResult } from './run.ts';
import { bootstrap, clusterName, openSite, passwordsFile, readPasswords, type TestSite, users } from './site.ts';
import { different, type Snapshot, secretOf, snapshot, written } from './snapshot.ts';
import { until } from './until.ts';

let site: TestSite;
let dry: RunResult;
let first: RunResult;
/** The cluster before anything, after a dry run, and after the first run. */
let empty: Snapshot;
let untouched: Snapshot;
let made: Snapshot;

beforeAll(async () => {
  site = await openSite();
  empty = await snapshot(site.cluster.connection.api);
  dry = await site.run(...bootstrap(site, '--dry-run'));
  untouched = await snapshot(site.cluster.connection.api);
  first = await site.run(...bootstrap(site));
  made = await snapshot(site.cluster.connection.api);
});
afterAll(() => site?.stop());

/** Subjects of the commits that the Git host has, newest first. */
function published(): string[] {
  return site.remote.git('log', '--format=%s', 'main').split('\n');
}

/** All values that no one may see: brought ones, and those that the cluster holds now. */
function secrets(found: Snapshot): string[] {
  const { 'client-secret': client = '', 'cookie-secret': cookie = '' } = secretOf(found, 'auth/oauth2-proxy');
  const passwords = [...readPasswords(site).matchAll(/\S{12,}/g)]
    .map(([word]) => word)
    .filter((word) => !word.includes('@'));
  const values = [
    ...Object.values(site.environment),
    client,
    cookie,
    ...passwords,
    ...Object.values(secretOf(found, 'auth/dex-users')),
  ];
  return values.flatMap((value) => [value, Buffer.from(value).toString('base64')]);
}

describe('a dry run', () => {
  it('says what would be done, and writes nothing: not in the cluster, not in Git, not on disk', () => {
    expect(dry).toMatchObject({ code: 0 });
    expect(dry.stdout).toContain('planned argocd: install Argo CD');
    expect(dry.stdout).toContain('planned secrets: create or change 2 of 2 Secrets');
    expect(written(empty, untouched)).toEqual([]);
  });
});

describe('the first run', () => {
  it('succeeds', () => {
    expect(first.stderr).toBe('');
    expect(first).toMatchObject({ code: 0 });
  });

  it('installs Argo CD, makes the Secrets, and registers the root last', () => {
    const names = written(empty, made);
    expect(names).toEqual(
      expect.arrayContaining([
        'Namespace argocd',
        'Namespace auth',
        'CustomResourceDefinition applications.argoproj.io',
        'CustomResourceDefinition applicationsets.argoproj.io',
        'CustomResourceDefinition appprojects.argoproj.io',
        'Deployment argocd/argocd-server',
        'StatefulSet argocd/argocd-application-controller',
        'Secret auth/dex-users',
        'Secret auth/oauth2-proxy',
        'Secret argocd/breakwater-repository-prod',
        'AppProject argocd/platform',
        'Application argocd/platform',
      ]),
    );
    // The delete patches of infrastructure/argocd took effect.
    expect(names.filter((name) => name.includes('dex-server'))).toEqual([]);
    const order = [
      'Namespace argocd created',
      'Secret auth/oauth2-proxy created',
      'AppProject argocd/platform created',
      'Application argocd/platform created',
    ];
    const places = order.map((line) => first.stdout.indexOf(line));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  it('tells Argo CD the repository, its credentials and its CA', () => {
    const repository = made.get('Secret argocd/breakwater-repository-prod');
    expect(repository?.metadata.labels).toMatchObject({ 'argocd.argoproj.io/secret-type': 'repository' });
    expect(secretOf(made, 'argocd/breakwater-repository-prod')).toMatchObject({
      type: 'git',
      url: site.remote.url,
      username: 'git',
      password: site.remote.token,
    });
    const authorities = made.get('ConfigMap argocd/argocd-tls-certs-cm')?.data;
    expect(authorities).toEqual({ '127.0.0.1': readFileSync(site.remote.caFile, 'utf8') });
  });

  it('makes the secrets of the login, each as its program takes it', async () => {
    const login = secretOf(made, 'auth/oauth2-proxy');
    expect(Object.keys(login).sort()).toEqual(['client-id', 'client-secret', 'cookie-secret']);
    expect(login['client-id']).toBe('oauth2-proxy');
    expect(Buffer.from(login['cookie-secret'] ?? '', 'base64url')).toHaveLength(32);
    expect(Buffer.from(login['client-secret'] ?? '', 'base64url')).toHaveLength(32);
    const hashes = secretOf(made, 'auth/dex-users');
    const [ann, bob] = users.map((email) => hashes[userKey(email)] ?? '');
    expect(await compare(site.environment.BOB_PASSWORD ?? '', bob ?? '')).toBe(true);
    const password = new RegExp(`^${users[0]}: (.+)$`, 'm').exec(readPasswords(site))?.[1] ?? '';
    expect(await compare(password, ann ?? '')).toBe(true);
  });

  it('gives Dex and OAuth2 Proxy the same client secret, by reference', () => {
    const text = (file: string) => site.remote.git('show', `main:clusters/${clusterName}/values/${file}`);
    const reference =
      /name: OAUTH2_PROXY_CLIENT_SECRET\s+valueFrom:\s+secretKeyRef:\s+name: oauth2-proxy\s+key: client-secret/;
    expect(text('dex.yaml')).toMatch(reference);
    expect(text('oauth2-proxy.yaml')).toContain('existingSecret: oauth2-proxy');
  });

  it('hands a made password over in a file that only its owner can read', () => {
    expect(statSync(passwordsFile(site)).mode & 0o777).toBe(0o600);
    expect(readPasswords(site)).toContain(users[0]);
    expect(readPasswords(site)).not.toContain(users[1]);
    expect(site.checkout.git('status', '--porcelain')).toBe('');
  });

  it('shows no secret: not in what it says, not in command lines, not in Git', () => {
    const texts = [first.stdout, first.stderr, ...first.commandLines, ...filesOfHistory()];
    expect(first.commandLines.some((line) => line.includes(' push '))).toBe(true);
    const shown = secrets(made).filter((secret) => texts.some((text) => text.includes(secret)));
    expect(shown).toEqual([]);
  });

  it('registers what it pushed: one commit, and the root that Git holds', () => {
    expect(published()).toEqual([expect.stringContaining(`Render cluster ${clusterName}`), 'Start']);
    expect(site.remote.git('rev-parse', 'main')).toBe(site.checkout.git('rev-parse', 'HEAD'));
    expect(made.get('Application argocd/platform')).toMatchObject({
      spec: { source: { repoURL: site.remote.url, path: `clusters/${clusterName}/apps`, targetRevision: 'main' } },
    });
  });
});

/** Every blob and message that the Git host got, as text. */
function filesOfHistory(): string[] {
  const { git } = site.remote;
  const files = git('ls-tree', '-r', '--name-only', 'main', `clusters/${clusterName}`).split('\n');
  return [git('log', '--format=%B', 'main'), ...files.map((file) => git('show', `main:${file}`))];
}

describe('further runs', () => {
  it('change nothing where nothing changed', async () => {
    const again = await site.run(...bootstrap(site));
    const after = await snapshot(site.cluster.connection.api);
    expect(again).toMatchObject({ code: 0 });
    for (const line of [
      'unchanged tree:',
      'unchanged commit: nothing to commit',
      'unchanged publish:',
      'unchanged secrets: 2 Secrets exist and are kept',
      '0 created, 0 changed',
    ])
      expect(again.stdout).toContain(line);
    // The root is asked to look at Git again: an annotation, which Argo CD takes off.
    expect(written(made, after)).toEqual(['Application argocd/platform']);
    expect(different(made, after)).toEqual([]);
    expect(published()).toHaveLength(2);
  });

  it('do not write on a dry run either', async () => {
    const before = await snapshot(site.cluster.connection.api);
    const again = await site.run(...bootstrap(site, '--dry-run'));
    expect(again).toMatchObject({ code: 0 });
    expect(written(before, await snapshot(site.cluster.connection.api))).toEqual([]);
  });

  it('rotate one key where that is asked for, and nothing else', async () => {
    const before = await snapshot(site.cluster.connection.api);
    const rotated = await site.run(...bootstrap(site, '--rotate', 'oauth2-proxy/cookie-secret'));
    const after = await snapshot(site.cluster.connection.api);
    expect(rotated).toMatchObject({ code: 0 });
    expect(different(before, after)).toEqual(['Secret auth/oauth2-proxy']);
    const [old, now] = [secretOf(before, 'auth/oauth2-proxy'), secretOf(after, 'auth/oauth2-proxy')];
    expect(now).toEqual({ ...old, 'cookie-secret': now['cookie-secret'] });
    expect(now['cookie-secret']).not.toBe(old['cookie-secret']);
    expect(Buffer.from(now['cookie-secret'] ?? '', 'base64url')).toHaveLength(32);
    expect(published()).toHaveLength(2);
  });

  it('tell a password that differs from the one in the cluster, and replace it as the hint says', async () => {
    const hashOf = async () => secretOf(await snapshot(site.cluster.connection.api), 'auth/dex-users');
    const first = Object.values(await hashOf());
    const environment = site.environment as Record<string, string>;
    environment.BOB_PASSWORD = 'another password of bob';
    const told = await site.run(...bootstrap(site));
    expect(told).toMatchObject({ code: 0 });
    const [, rotate = ''] = /has other values .* --rotate (\S+)/.exec(told.stderr) ?? [];
    expect(Object.values(await hashOf())).toEqual(first);
    const rotated = await site.run(...bootstrap(site, '--rotate', rotate));
    expect(rotated).toMatchObject({ code: 0 });
    for (const { stdout, stderr } of [told, rotated]) expect(stdout + stderr).not.toContain('another password');
    const changed = Object.values(await hashOf()).filter((hash) => !first.includes(hash));
    expect(await Promise.all(changed.map((hash) => compare(environment.BOB_PASSWORD ?? '', hash)))).toEqual([true]);
    expect((await site.run(...bootstrap(site))).stderr).not.toContain('has other values');
  });

  it('refuse to rotate what is not there, before anything is written', async () => {
    const before = await snapshot(site.cluster.connection.api);
    const refused = await site.run(...bootstrap(site, '--rotate', 'oauth-proxy'));
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain('there is no Secret "oauth-proxy" to rotate');
    expect(written(before, await snapshot(site.cluster.connection.api))).toEqual([]);
  });

  it('say a JSON value on stdout, and all else on stderr', async () => {
    const run = await site.run(...bootstrap(site, '--json'));
    expect(run).toMatchObject({ code: 0 });
    const { cluster, steps } = JSON.parse(run.stdout) as {
      cluster: string;
      steps: { step: string; outcome: string }[];
    };
    expect(cluster).toBe(clusterName);
    expect(steps.find(({ step }) => step === 'register')).toMatchObject({ outcome: 'up-to-date' });
    expect(run.stderr).toContain('unchanged commit: nothing to commit');
  });
});

describe('waiting for the platform', () => {
  it('shows how it comes up, wave by wave, and ends when all are healthy', async () => {
    const run = site.start(...bootstrap(site, '--wait', '--timeout', '2'));
    await until(run, () => run.said().includes('wave 0'));
    await playArgoCD(site, site.remote.git('rev-parse', 'main'));
    const { code, stdout } = await run.result;
    expect(code).toBe(0);
    const waves = [
      'wave 0: healthy (argocd)',
      'wave 3: healthy (istio-cni, istiod)',
      'wave 5: healthy (dex, oauth2-proxy)',
    ];
    const places = waves.map((wave) => stdout.indexOf(wave));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(stdout).toMatch(/done wait: platform: healthy, (\d+) of \1 waves healthy/);
    expect(stdout).toContain('Open https://kubeflow.example.com/');
  });

  it('ends at once when all are healthy already', async () => {
    expect(await site.run(...bootstrap(site, '--wait', '--timeout', '2'))).toMatchObject({ code: 0 });
  });

  it('fails with the message of the Application that does not come up, and the command to look deeper', async () => {
    await breakApplication(site, 'istiod', 'Deployment istiod exceeded its progress deadline');
    const run = await site.run(...bootstrap(site, '--wait', '--timeout', '0.1'));
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('istiod: degraded: Deployment istiod exceeded its progress deadline');
    expect(run.stderr).toContain(
      `kubectl --context ${site.cluster.server.contextName} --namespace argocd describe applications.argoproj.io istiod`,
    );
  });
});

describe('afterwards', () => {
  it('the checkout holds nothing half-done', () => {
    const folder = join(site.checkout.root, '.breakwater');
    expect(readdirSync(folder).sort()).toEqual([clusterName, 'upstream', 'written']);
    expect(readdirSync(join(folder, 'upstream'))).toEqual([expect.stringMatching(/argo-cd.*@v\d+\.\d+\.\d+$/)]);
    expect(site.checkout.git('status', '--porcelain')).toBe('');
  });
});
