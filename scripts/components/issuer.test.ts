import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Cluster } from '../config/cluster.ts';
import { loadCluster } from '../config/load.ts';
import { certManager } from './cert-manager.ts';
import { certificateIssuer, issuerRef } from './issuer.ts';
import { istiod } from './istiod.ts';

const demo = loadCluster(join(import.meta.dirname, '../..'), 'demo');
const withTls = (tls: Partial<Cluster['tls']>): Cluster => ({ ...demo, tls: { ...demo.tls, ...tls } });
const solver = { cloudflare: { apiTokenSecretRef: { name: 'cloudflare', key: 'token' } } };
const acme = { email: 'ann@example.com', server: 'https://acme.example.com/directory' };
const byHttp = withTls({ acme });
const byDns = withTls({ acme: { ...acme, dns01: { solver, secrets: { cloudflare: { token: { env: 'TOKEN' } } } } } });

it('solves by DNS with what cluster.yaml says, and opens nothing at the gateway for it', () => {
  const kinds = (cluster: Cluster) => certificateIssuer.manifests?.(cluster).map(({ kind }) => kind);
  expect(kinds(byHttp)).toContain('IngressClass');
  expect(kinds(byDns)).toEqual(['ClusterIssuer']);
  expect(certificateIssuer.manifests?.(byDns)[0]).toMatchObject({ spec: { acme: { solvers: [{ dns01: solver }] } } });
  const ingress = (cluster: Cluster) => JSON.stringify(istiod.values?.(cluster)).includes('ingressClass');
  expect([ingress(byHttp), ingress(byDns)]).toEqual([true, false]);
  expect(certificateIssuer.clusterKinds(byDns)).toEqual(['cert-manager.io/ClusterIssuer']);
});

it("gives cert-manager the solver's Secrets, from where cluster.yaml says", () => {
  expect(certificateIssuer.secrets?.(byDns)).toMatchObject([
    { name: 'cloudflare', namespace: 'cert-manager', keys: { token: { kind: 'reference', from: { env: 'TOKEN' } } } },
  ]);
  expect(certificateIssuer.secrets?.(byHttp)).toEqual([]);
});

it('lets cert-manager approve requests for an issuer of another group, and for no other of it', () => {
  const company = { name: 'company', kind: 'AWSPCAClusterIssuer', group: 'awspca.cert-manager.io' };
  const foreign = withTls({ existingIssuer: company });
  expect(issuerRef(foreign)).toEqual(company);
  expect(certManager.values?.(foreign)).toMatchObject({
    approveSignerNames: expect.arrayContaining(['awspcaclusterissuers.awspca.cert-manager.io/company']),
  });
  expect(certManager.values?.(demo)).not.toHaveProperty('approveSignerNames');
});
