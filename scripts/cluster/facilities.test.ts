import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCluster } from '../config/load.ts';
import { distributionOf, judgeFacilities, judgeLoadBalancer, type Node, type StorageClass } from './facilities.ts';

const demo = loadCluster(join(import.meta.dirname, '../..'), 'demo');

function node(kubeletVersion: string, labels: Record<string, string> = {}, more: object = {}): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n', labels },
    status: { nodeInfo: { kubeletVersion, architecture: 'amd64', ...more } },
  };
}

function storageClass(name: string, isDefault = false): StorageClass {
  const annotations: Record<string, string> = isDefault
    ? { 'storageclass.kubernetes.io/is-default-class': 'true' }
    : {};
  return { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name, annotations } };
}

it.each<[string, Node]>([
  ['eks', node('v1.34.1-eks-113cf36')],
  ['gke', node('v1.34.1-gke.1829001')],
  ['aks', node('v1.34.1', { 'kubernetes.azure.com/cluster': 'MC_x' })],
  ['k3s', node('v1.34.1+k3s1')],
  ['openshift', node('v1.33.5', { 'node.openshift.io/os_id': 'rhel' })],
  ['microk8s', node('v1.34.1', { 'microk8s.io/cluster': 'true' })],
  ['talos', node('v1.34.1', {}, { osImage: 'Talos (v1.11.3)' })],
])('tells %s by its nodes', (distribution, one) => {
  expect(distributionOf([one])).toBe(distribution);
});

it('does not guess', () => {
  expect(distributionOf([node('v1.37.2')])).toBeUndefined();
});

describe('what a cluster lacks', () => {
  const judge = (kubernetes: object, nodes: Node[], classes: StorageClass[]) =>
    judgeFacilities({ ...demo, kubernetes: { ...demo.kubernetes, ...kubernetes } }, nodes, classes).filter(
      ({ state }) => state !== 'ok',
    );

  it('is nothing with a default StorageClass and the right distribution', () => {
    expect(judge({ distribution: 'gke' }, [node('v1.34.1-gke.1')], [storageClass('standard', true)])).toEqual([]);
  });

  it('is the distribution where cluster.yaml names another', () => {
    expect(judge({}, [node('v1.34.1-gke.1')], [storageClass('standard', true)])).toMatchObject([
      { what: 'distribution', state: 'missing', message: expect.stringContaining('set kubernetes.distribution: gke') },
    ]);
  });

  it('is a default StorageClass, or the one that is named', () => {
    expect(judge({}, [], [storageClass('gp3')])).toMatchObject([
      { what: 'storage', state: 'missing', message: expect.stringContaining('kubectl annotate storageclass gp3') },
    ]);
    expect(judge({ storageClass: 'gp3' }, [], [storageClass('gp3')])).toMatchObject([
      { what: 'storage', state: 'note' },
    ]);
    expect(judge({ storageClass: 'fast' }, [], [storageClass('gp3', true)])).toMatchObject([
      { what: 'storage', state: 'missing', message: 'StorageClass fast does not exist (available: gp3)' },
    ]);
  });

  it('is said of nodes for which some images do not exist', () => {
    expect(judge({}, [node('v1', {}, { architecture: 'arm64' })], [storageClass('gp3', true)])).toMatchObject([
      { what: 'architecture', state: 'note', message: expect.stringContaining('arm64') },
    ]);
  });
});

it.each([
  ['note', {}, 'v1.37.2'],
  ['ok', {}, 'v1.34.1-gke.1'],
  ['ok', {}, 'v1.34.1+k3s1'],
  ['ok', { metallb: { pools: [], address: undefined } }, 'v1.37.2'],
  ['ok', { nodePort: { http: 30080, https: 30443, publicPort: undefined } }, 'v1.37.2'],
])('a load balancer is %s with %j on nodes of %s', (state, loadBalancer, version) => {
  const cluster = { ...demo, loadBalancer: { ...demo.loadBalancer, ...loadBalancer } };
  expect(judgeLoadBalancer(cluster, [node(version)])).toMatchObject({ what: 'load balancer', state });
});
