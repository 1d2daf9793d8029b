import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../config/cluster.ts';
import { loadCluster } from '../config/load.ts';
import { argocdManifests, argocdPatches, argocdSecrets } from './apps/argocd.ts';
import type { KubernetesObject, SecretSpec } from './component.ts';
import { oauth2Proxy } from './oauth2-proxy.ts';

const demo = loadCluster(join(import.meta.dirname, '../..'), 'demo');
const shared = demo.shared.apps.get('argocd');
if (shared === undefined) throw new Error('apps/argocd is not there');
const app = { ...shared.file, ...shared, application: 'argocd-app', gate: 'argocd-app', namespace: 'argocd' };

const existing = { name: 'company', kind: 'ClusterIssuer', group: 'cert-manager.io' };
const secret = { env: 'SECRET' };
const durations = { duration: '2160h', renewBefore: '360h' };
const kinds: [what: string, tls: Partial<Cluster['tls']>, isPrivate: boolean][] = [
  ['a private CA', {}, true],
  ['a CA that is brought', { broughtCA: { certificateFile: 'ca.pem', keyFile: 'ca.key' } }, true],
  ['ACME', { acme: { email: 'ann@example.com', server: 'https://acme.example.com/directory' } }, false],
  ['a certificate of a private CA', { certificate: { chain: secret, key: secret, ca: secret } }, true],
  ['a certificate that is trusted', { certificate: { chain: secret, key: secret } }, false],
  ['an issuer of Vault', { issuer: { spec: { vault: {} }, trust: 'private', secrets: {} } }, true],
  ['an issuer of Venafi', { issuer: { spec: { venafi: {} }, trust: 'public', secrets: {} } }, false],
  ['an issuer of a private CA', { existingIssuer: { ...existing, trust: 'private' } }, true],
  ['an issuer that is trusted', { existingIssuer: { ...existing, trust: 'public' } }, false],
];

function certificates(objects: readonly KubernetesObject[]): unknown[] {
  return objects
    .filter(({ kind }) => kind === 'Certificate')
    .map(({ spec }) => (spec as Record<string, unknown>).secretName);
}

describe.each(kinds)('with %s', (_, tls, isPrivate) => {
  const cluster: Cluster = {
    ...demo,
    tls: { ...durations, ...tls },
    auth: { ...demo.auth, issuer: 'gateway' },
    runningApps: [app],
  };

  const own = tls.certificate !== undefined;
  const made = (secrets: readonly SecretSpec[] = []) =>
    secrets.map(({ name }) => name).filter((name) => name.endsWith('-ca'));

  it('OAuth2 Proxy mounts and names the CA exactly where it is brought to it', () => {
    const values = JSON.stringify(oauth2Proxy.values?.(cluster));
    expect(certificates(oauth2Proxy.manifests?.(cluster) ?? [])).toEqual(isPrivate && !own ? ['oauth2-proxy-ca'] : []);
    expect(made(oauth2Proxy.secrets?.(cluster))).toEqual(isPrivate && own ? ['oauth2-proxy-ca'] : []);
    expect(values.includes('"secretName":"oauth2-proxy-ca"')).toBe(isPrivate);
    expect(values.includes('caFiles')).toBe(isPrivate);
  });

  it('and Argo CD likewise', () => {
    const patches = JSON.stringify(argocdPatches(cluster, 'oauth2-proxy'));
    expect(certificates(argocdManifests(cluster))).toEqual(isPrivate && !own ? ['argocd-platform-ca'] : []);
    expect(made(argocdSecrets(cluster))).toEqual(isPrivate && own ? ['argocd-platform-ca'] : []);
    expect(patches.includes('argocd-platform-ca')).toBe(isPrivate);
  });
});
