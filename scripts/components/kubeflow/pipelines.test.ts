import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadCluster } from '../../config/load.ts';
import { isAllowed, type NetworkPolicy, type PolicyPod } from '../../dev/testing/network-policy.ts';
import { pipelines } from './pipelines.ts';

const demo = loadCluster(join(import.meta.dirname, '../../..'), 'demo');
const policies = (pipelines.manifests?.(demo) ?? []).filter(({ kind }) => kind === 'NetworkPolicy');

function pod(namespace: string, labels: Record<string, string>, ip = '10.0.0.9'): PolicyPod {
  return { namespace, namespaceLabels: { 'kubernetes.io/metadata.name': namespace }, labels, ip };
}

const page = pod('kubeflow', { app: 'ml-pipeline-ui' });
const outside = (ip: string) => pod('', {}, ip);

it.each<[where: string, allowed: boolean, to: PolicyPod, port: number]>([
  ['the API of Pipelines', true, pod('kubeflow', { app: 'ml-pipeline' }), 8888],
  ['the store', true, pod('kubeflow', { app: 'seaweedfs' }), 8333],
  ['the metadata', true, pod('kubeflow', { component: 'metadata-envoy' }), 9090],
  ["a namespace's artifacts", true, pod('red', { app: 'ml-pipeline-ui-artifact' }), 3000],
  ['istiod', true, pod('istio-system', { app: 'istiod' }), 15012],
  ['a name server', true, outside('169.254.20.10'), 53],
  ['the Kubernetes API', true, outside('192.168.1.5'), 6443],
  ["the cloud's metadata", false, outside('169.254.169.254'), 80],
  ["the cloud's metadata over TLS", false, outside('169.254.169.254'), 443],
  ["Argo CD's store", false, pod('argocd', { 'app.kubernetes.io/name': 'argocd-redis' }), 6379],
  ['the database of Pipelines', false, pod('kubeflow', { app: 'mysql' }), 3306],
  ["a notebook's program", false, pod('red', { app: 'notebook' }), 8888],
  ['a server outside', false, outside('203.0.113.7'), 80],
])('the web page of Pipelines reaches %s: %s', (_, allowed, to, port) => {
  expect(isAllowed(policies as unknown as NetworkPolicy[], { from: page, to, port })).toBe(allowed);
});

it('reaches name servers and the API at the ports that cluster.yaml names', () => {
  const kubernetes = { ...demo.kubernetes, nameServers: [{ address: '10.0.0.2', port: 5300 }], apiPorts: [8443] };
  const named = (pipelines.manifests?.({ ...demo, kubernetes }) ?? []).filter(({ kind }) => kind === 'NetworkPolicy');
  const reaches = (objects: unknown, ip: string, port: number) =>
    isAllowed(objects as NetworkPolicy[], { from: page, to: outside(ip), port });
  expect([reaches(named, '10.0.0.2', 5300), reaches(named, '192.168.1.5', 8443)]).toEqual([true, true]);
  expect([reaches(policies, '10.0.0.2', 5300), reaches(policies, '192.168.1.5', 8443)]).toEqual([false, false]);
});
