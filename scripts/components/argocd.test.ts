import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadCluster } from '../config/load.ts';
import { isAllowed, type NetworkPolicy, type PolicyPod } from '../dev/testing/network-policy.ts';
import { argocd } from './argocd.ts';

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
