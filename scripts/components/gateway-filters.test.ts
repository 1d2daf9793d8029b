import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Cluster } from '../config/cluster.ts';
import { loadCluster } from '../config/load.ts';
import { edgeFilters } from './gateway-filters.ts';

const demo = loadCluster(join(import.meta.dirname, '../..'), 'demo');
const existing = { name: 'company', kind: 'ClusterIssuer', group: 'cert-manager.io' };
const secret = { env: 'SECRET' };
const acme = (server: string, more = {}) => ({ acme: { email: 'ann@example.com', server, ...more } });

it.each<[what: string, tls: Partial<Cluster['tls']>, isPublic: boolean]>([
  ['a private CA', {}, false],
  ['a CA that is brought', { broughtCA: { certificateFile: 'ca.pem', keyFile: 'ca.key' } }, false],
  ["Let's Encrypt", acme('https://acme-v02.api.letsencrypt.org/directory'), true],
  ["Let's Encrypt's staging server", acme('https://acme-staging-v02.api.letsencrypt.org/directory'), false],
  ['ACME inside a company', acme('https://ca.example.com/acme/directory', { caBundle: 'QQ==' }), false],
  ['a certificate', { certificate: { chain: secret, key: secret } }, true],
  ['a certificate of a private CA', { certificate: { chain: secret, key: secret, ca: secret } }, false],
  ['an issuer', { existingIssuer: { ...existing } }, false],
  ['an issuer of a private CA', { existingIssuer: { ...existing, trust: 'private' } }, false],
  ['an issuer of Venafi', { issuer: { spec: { venafi: {} }, trust: 'public', secrets: {} } }, true],
  ['an issuer that browsers trust', { existingIssuer: { ...existing, trust: 'public' } }, true],
])('tells browsers to ask by HTTPS only where they trust the certificate: %s', (_, tls, isPublic) => {
  const filters = edgeFilters({ ...demo, tls: { duration: '2160h', renewBefore: '360h', ...tls } });
  expect(JSON.stringify(filters).includes('strict-transport-security')).toBe(isPublic);
});
