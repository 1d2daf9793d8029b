import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadCluster } from '../config/load.ts';
import { isAllowed, type NetworkPolicy, type PolicyPod } from '../dev/testing/network-policy.ts';
import { tenantObjects } from './tenant-objects.ts';

// What the tenants' policies let pods reach on each distribution, by the rules of NetworkPolicies.
const root = join(import.meta.dirname, '..', '..');
const demo = loadCluster(root, 'demo');

function pod(namespace: string, ip: string, labels: Record<string, string> = {}): PolicyPod {
  return { namespace, namespaceLabels: { 'kubernetes.io/metadata.name': namespace }, labels, ip };
}

async function reaches(kubernetes: object, more = '') {
  const cluster = { ...demo, kubernetes: { ...demo.kubernetes, ...kubernetes } };
  const { access, place } = await tenantObjects(
    root,
    cluster,
    'team-a',
    `kind: kubeflow\nowner: ann@example.com\n${more}`,
  );
  const policies = [...access, ...place].filter(({ kind }) => kind === 'NetworkPolicy') as unknown as NetworkPolicy[];
  const from = pod('team-a', '10.0.0.9');
  return (to: PolicyPod, port: number, protocol: 'TCP' | 'UDP' = 'TCP') =>
    isAllowed(policies, { from, to, port, protocol });
}

const outside = (ip: string) => pod('', ip);
const metadata = outside('169.254.169.254');
const openshiftDns = pod('openshift-dns', '10.0.0.8');

it('opens Cloud DNS on GKE, and not the metadata server at the same address', async () => {
  const gke = await reaches({ distribution: 'gke' });
  expect([
    gke(metadata, 53, 'UDP'),
    gke(metadata, 53),
    gke(metadata, 80),
    gke(outside('169.254.169.252'), 988),
  ]).toEqual([true, true, false, false]);
  const other = await reaches({});
  expect(other(metadata, 53, 'UDP')).toBe(false);
});

it('opens the name servers of OpenShift at the port of their pods', async () => {
  const openshift = await reaches({ distribution: 'openshift' });
  expect([openshift(openshiftDns, 5353, 'UDP'), openshift(openshiftDns, 9154)]).toEqual([true, false]);
  expect((await reaches({}))(openshiftDns, 5353, 'UDP')).toBe(false);
});

it("opens MicroK8s' API, and ports that cluster.yaml names", async () => {
  const api = outside('192.168.1.5');
  expect((await reaches({ distribution: 'microk8s' }))(api, 16443)).toBe(true);
  expect((await reaches({}))(api, 16443)).toBe(false);
  expect((await reaches({ apiPorts: [8443] }))(api, 8443)).toBe(true);
});

it('opens name servers that cluster.yaml names, at their port only', async () => {
  const servers = [
    { address: '10.0.0.2', port: 53 },
    { address: 'fd00::10', port: 5353 },
  ];
  const named = await reaches({ nameServers: servers });
  expect([named(outside('10.0.0.2'), 53, 'UDP'), named(outside('fd00::10'), 5353, 'UDP')]).toEqual([true, true]);
  expect([named(outside('10.0.0.2'), 80), named(outside('fd00::10'), 53, 'UDP')]).toEqual([false, false]);
});

it("opens the cloud's identity service for tenants that ask for it, where there is one", async () => {
  const asks = 'network: {cloudIdentity: true}\n';
  const eks = outside('169.254.170.23');
  expect((await reaches({ distribution: 'eks' }))(eks, 80)).toBe(false);
  expect((await reaches({ distribution: 'eks' }, asks))(eks, 80)).toBe(true);
  expect((await reaches({ distribution: 'eks' }, asks))(metadata, 80)).toBe(false);
  expect((await reaches({ distribution: 'gke' }, asks))(outside('169.254.169.252'), 988)).toBe(true);
  expect((await reaches({}, asks))(eks, 80)).toBe(false);
});
