import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadCluster } from '../config/load.ts';
import { isAllowed, type NetworkPolicy, type PolicyPod } from '../dev/testing/network-policy.ts';
import { proxyFor } from '../network/proxy.ts';
import { argocd } from './argocd.ts';
import { certManager } from './cert-manager.ts';
import { dex } from './dex.ts';

const demo = loadCluster(join(import.meta.dirname, '../..'), 'demo');
const server: PolicyPod = {
  namespace: 'argocd',
  namespaceLabels: {},
  labels: { 'app.kubernetes.io/name': 'argocd-repo-server' },
  ip: '10.0.0.9',
};

/** The policy of upstream with the patch of the tree. */
function repositoryServerReaches(kubernetes: object) {
  const [source] = argocd.sources({ ...demo, kubernetes: { ...demo.kubernetes, ...kubernetes } });
  const patches = source?.kind === 'kustomize' ? source.patches : [];
  const patch = patches?.find(({ target }) => target?.name === 'argocd-repo-server-network-policy');
  const operations = parse(patch?.patch ?? '[]') as { op: string; path: string; value: unknown }[];
  expect(operations.map(({ op, path }) => `${op} ${path}`)).toEqual(['add /spec/policyTypes', 'add /spec/egress']);
  const [policyTypes, egress] = operations.map(({ value }) => value);
  const podSelector = { matchLabels: server.labels };
  const policy = { metadata: { namespace: 'argocd' }, spec: { podSelector, policyTypes, egress } };
  return (ip: string, port: number) =>
    isAllowed([policy as unknown as NetworkPolicy], {
      from: server,
      to: { ip },
      port,
      protocol: port === 443 ? 'TCP' : 'UDP',
    });
}

it('lets the repository server reach name servers, and no metadata service', () => {
  const other = repositoryServerReaches({});
  expect([other('140.82.112.3', 443), other('169.254.20.10', 53)]).toEqual([true, true]);
  expect([other('169.254.169.254', 443), other('169.254.169.254', 53), other('fe80::1', 53)]).toEqual(
    Array(3).fill(false),
  );
  const gke = repositoryServerReaches({ distribution: 'gke' });
  expect([gke('169.254.169.254', 53), gke('169.254.169.254', 443)]).toEqual([true, false]);
  const named = repositoryServerReaches({ nameServers: [{ address: '169.254.25.10', port: 53 }] });
  expect([named('169.254.25.10', 53), named('169.254.25.10', 443)]).toEqual([true, false]);
});

const proxy = { https: 'http://proxy.example.com:3128', no: ['.internal.example.com', '203.0.113.0/24'] };

it('sends what asks the internet through the proxy, and nothing that stays in the cluster', () => {
  const cluster = {
    ...demo,
    proxy,
    knownHost: 'platform.example.com',
    kubernetes: { ...demo.kubernetes, distribution: 'gke' as const },
  };
  const direct = String(dex.values?.(cluster).env && (dex.values(cluster).env as Record<string, string>).NO_PROXY);
  const environment = { HTTPS_PROXY: proxy.https, HTTP_PROXY: proxy.https, NO_PROXY: direct };
  for (const address of ['https://github.com/acme/platform', 'http://charts.example.com', 'https://8.8.8.8'])
    expect(proxyFor(address, environment), address).toBe(proxy.https);
  const inside = ['10.96.0.1', '192.168.3.4', '34.118.224.1', '203.0.113.7', 'dex.auth.svc.cluster.local', 'x.y.svc'];
  const own = [
    'platform.example.com',
    'grafana.platform.example.com',
    'git.internal.example.com',
    'argocd-repo-server',
  ];
  for (const host of [...inside, ...own]) expect(proxyFor(`https://${host}`, environment), host).toBeUndefined();
  const [source] = argocd.sources(cluster);
  const patched = (source?.kind === 'kustomize' ? source.patches : []).filter(({ patch }) =>
    patch.includes('HTTPS_PROXY'),
  );
  expect(patched.map(({ target }) => target?.name)).toEqual(['argocd-repo-server', 'argocd-notifications-controller']);
  expect(certManager.values?.(cluster)).toMatchObject({ https_proxy: proxy.https, no_proxy: direct });
  expect(dex.values?.(cluster)).toMatchObject({
    podAnnotations: { 'traffic.sidecar.istio.io/excludeOutboundPorts': '3128' },
  });
  expect(repositoryServerReaches({})('198.51.100.7', 3128)).toBe(true);
});
