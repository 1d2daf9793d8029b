import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { clusterLabel } from '../../../components/domain.ts';
import { at, listAt } from '../../../tree/rules/parsed-tree.ts';
import { makeCertificate } from '../../testing/certificates.ts';
import type { RunResult } from './run.ts';
import { bootstrap, clusterName, openSite, type TestSite } from './site.ts';
import { type Snapshot, secretOf, snapshot } from './snapshot.ts';

const host = 'kubeflow.example.com';
const authority = makeCertificate({ commonName: 'Company CA', ca: true });
const own = makeCertificate({ commonName: host, ca: false, names: [host, `*.${host}`], signer: authority });
const proxy = 'http://proxy.example.com:3128';

let folder: string;
let site: TestSite;
let first: RunResult;
let made: Snapshot;

function file(name: string, text: string): { file: string } {
  writeFileSync(join(folder, name), text);
  return { file: join(folder, name) };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-company-'));
  site = await openSite({ host });
  const path = `clusters/${clusterName}/cluster.yaml`;
  const settings = parse(readFileSync(join(site.checkout.root, path), 'utf8'));
  settings.proxy = { https: proxy, no: ['.example.com'] };
  settings.tls = {
    certificate: {
      chain: file('chain.pem', own.certificate),
      key: file('key.pem', own.key),
      ca: file('ca.pem', authority.certificate),
    },
  };
  const mirror = { username: 'reader', password: file('password', 's3cret-of-the-mirror\n') };
  settings.mirrors.charts = {
    'https://charts.jetstack.io': 'oci://registry.example.com/charts',
    'https://charts.dexidp.io': 'https://charts.example.com/dex',
  };
  settings.mirrors.logins = ['oci://registry.example.com/charts', 'https://charts.example.com/dex'].map((url) => ({
    url,
    ...mirror,
  }));
  settings.mirrors.pullSecret = file(
    'registries.json',
    '{"auths": {"registry.example.com": {"auth": "cmVhZGVyOnB1bGw="}}}\n',
  );
  settings.mirrors.caFile = join(folder, 'ca.pem');
  site.checkout.write(path, stringify(settings));
  site.checkout.git('commit', '--quiet', '--all', '--message', 'Fit the company');
  first = await site.run(...bootstrap(site));
  made = await snapshot(site.cluster.connection.api);
});
afterAll(async () => {
  await site?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('bootstraps', () => {
  expect(first).toMatchObject({ code: 0, stderr: '' });
});

describe('mirrors with a login and a CA of their own', () => {
  it('are repositories of Argo CD, each with its login, as it knows them', () => {
    const repositories = [...made.values()]
      .filter(({ metadata }) => /^login-/.test(metadata.name))
      .map(({ metadata }) => [metadata.labels, secretOf(made, `argocd/${metadata.name}`)]);
    const labels = expect.objectContaining({ 'argocd.argoproj.io/secret-type': 'repository' });
    const login = { type: 'helm', username: 'reader', password: 's3cret-of-the-mirror' };
    expect(repositories).toEqual(
      expect.arrayContaining([
        [labels, { ...login, url: 'registry.example.com/charts', enableOCI: 'true' }],
        [labels, { ...login, url: 'https://charts.example.com/dex' }],
      ]),
    );
    expect(repositories).toHaveLength(2);
  });

  it('are trusted, beside the Git host', () => {
    expect(made.get('ConfigMap argocd/argocd-tls-certs-cm')?.data).toEqual({
      '127.0.0.1': readFileSync(site.remote.caFile, 'utf8'),
      'registry.example.com': authority.certificate,
      'charts.example.com': authority.certificate,
    });
  });

  it('let the platform pull images with one Secret in each of its namespaces, which Argo CD has from its first start', () => {
    const pulls = [...made.values()].filter(({ metadata }) => metadata.name === 'platform-pull-secret');
    expect(pulls.map(({ metadata }) => metadata.namespace)).toEqual(
      expect.arrayContaining(['argocd', 'cert-manager', 'istio-system', 'istio-cni', 'ingress', 'auth']),
    );
    for (const { type, data } of pulls) {
      expect(type).toBe('kubernetes.io/dockerconfigjson');
      expect(Buffer.from(data?.['.dockerconfigjson'] ?? '', 'base64').toString()).toContain('cmVhZGVyOnB1bGw=');
    }
    const server = made.get('Deployment argocd/argocd-server');
    expect(at(server, 'spec', 'template', 'spec', 'imagePullSecrets')).toEqual([{ name: 'platform-pull-secret' }]);
    expect(site.remote.git('log', '--patch')).not.toContain('cmVhZGVyOnB1bGw=');
  });

  it('have their passwords in no output and not in Git', () => {
    expect(first.stdout).not.toContain('s3cret-of-the-mirror');
    expect(site.remote.git('log', '--patch')).not.toContain('s3cret-of-the-mirror');
  });
});

describe("one's own certificate", () => {
  it("is in the Secret that the gateway serves, with its key and CA, and in Git is the Secret's name", () => {
    expect(secretOf(made, 'ingress/platform-certificate')).toEqual({
      'tls.crt': own.certificate,
      'tls.key': own.key,
      'ca.crt': authority.certificate,
    });
    const gateway = site.remote.git(
      'show',
      `main:clusters/${clusterName}/manifests/gateway/gateway-ingress-gateway.yaml`,
    );
    expect(gateway).toContain('credentialName: platform-certificate');
  });

  it('has its end in the status', async () => {
    const { stdout } = await site.run('status', '--cluster', clusterName, '--context', site.cluster.server.contextName);
    const year = new Date(Date.now() + 365 * 86_400_000).toISOString().slice(0, 7);
    expect(stdout).toMatch(new RegExp(`certificate.*${year}`, 'i'));
  });
});

it("tells Argo CD's repository server the proxy, and what it reaches without it", () => {
  const found = listAt(made.get('Deployment argocd/argocd-repo-server'), 'spec', 'template', 'spec', 'containers');
  const variables = new Map(listAt(found[0], 'env').map((one) => [at(one, 'name'), at(one, 'value')]));
  expect(variables.get('HTTPS_PROXY')).toBe(proxy);
  expect(String(variables.get('NO_PROXY')).split(',')).toEqual(
    expect.arrayContaining(['.svc', '10.0.0.0/8', 'argocd-repo-server', host, '.example.com']),
  );
});

it('replaces the pull secret in all namespaces by the option that one warning names', async () => {
  file('registries.json', '{"auths": {"registry.example.com": {"auth": "cmVhZGVyOm5ldw=="}}}\n');
  const values = async () =>
    [...(await snapshot(site.cluster.connection.api)).values()]
      .filter(({ metadata }) => metadata.name === 'platform-pull-secret')
      .map(({ data }) => Buffer.from(data?.['.dockerconfigjson'] ?? '', 'base64').toString());
  const kept = await site.run(...bootstrap(site));
  expect(kept.code).toBe(0);
  const warnings = kept.stderr.match(/^warning: Secret platform-pull-secret .*$/gm) ?? [];
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(
    / \(in .*argocd.*\) has other values .*--rotate platform-pull-secret\/\.dockerconfigjson$/,
  );
  expect((await values()).every((text) => text.includes('cmVhZGVyOnB1bGw='))).toBe(true);
  const rotated = await site.run(...bootstrap(site), '--rotate', 'platform-pull-secret/.dockerconfigjson');
  expect(rotated).toMatchObject({ code: 0, stderr: '' });
  expect((await values()).every((text) => text.includes('cmVhZGVyOm5ldw=='))).toBe(true);
});

it('deletes the login that cluster.yaml no longer names, and nothing that is not its own', async () => {
  const { api } = site.cluster.connection;
  const logins = async () =>
    [...(await snapshot(api)).values()]
      .flatMap(({ metadata: { name } }) => (/^login-/.test(name) ? [name] : []))
      .sort();
  const kept = (await logins()).filter((name) => name.startsWith('login-charts-'));
  for (const [name, more] of [
    ['login-of-a-person', {}],
    ['login-labelled-by-a-person', { [clusterLabel]: clusterName }],
  ] as const) {
    const labels = { 'argocd.argoproj.io/secret-type': 'repository', ...more };
    const metadata = { name, namespace: 'argocd', labels };
    await api.create({ apiVersion: 'v1', kind: 'Secret', metadata });
  }
  const path = `clusters/${clusterName}/cluster.yaml`;
  const settings = parse(readFileSync(join(site.checkout.root, path), 'utf8'));
  delete settings.mirrors.pullSecret;
  settings.mirrors.logins = settings.mirrors.logins.filter(({ url }: { url: string }) => !url.startsWith('oci:'));
  site.checkout.write(path, stringify(settings));
  site.checkout.git('commit', '--quiet', '--all', '--message', 'Read the registry without a login');

  const dry = await site.run(...bootstrap(site), '--dry-run');
  expect(dry).toMatchObject({ code: 0, stderr: '' });
  expect(dry.stdout).toMatch(/delete Secret argocd\/login-registry-example-com-\w{8}/);
  expect(await logins()).toHaveLength(4);
  const again = await site.run(...bootstrap(site));
  expect(again).toMatchObject({ code: 0, stderr: '' });
  expect(again.stdout).toMatch(/Secrets: .*, \d+ deleted/);
  expect([...(await snapshot(api)).keys()].filter((key) => key.includes('platform-pull-secret'))).toEqual([]);
  expect(await logins()).toEqual([...kept, 'login-of-a-person', 'login-labelled-by-a-person'].sort());
  const third = await site.run(...bootstrap(site), '--dry-run');
  expect(third.stdout).not.toContain('delete Secret');
});
