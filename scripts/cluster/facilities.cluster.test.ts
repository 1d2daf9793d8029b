import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadCluster } from '../config/load.ts';
import { startTestServer, type TestServer } from '../dev/testing/api-server.ts';
import { facilities } from './facilities.ts';

const demo = loadCluster(join(import.meta.dirname, '../..'), 'demo');
let test: TestServer;

beforeAll(async () => {
  test = await startTestServer();
});

afterAll(() => test?.stop());

it('judges a cluster by the nodes and StorageClasses that its API server shows', async () => {
  const { api } = test.connection;
  expect(await facilities(api, demo)).toEqual([]);
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'aks', labels: { 'kubernetes.azure.com/mode': 'system' } },
  };
  await api.create(node);
  await api.create({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'managed' },
    provisioner: 'disk.csi.azure.com',
  } as Parameters<typeof api.create>[0]);
  expect(await facilities(api, demo)).toMatchObject([
    { what: 'distribution', state: 'missing', message: expect.stringContaining('set kubernetes.distribution: aks') },
    { what: 'storage', state: 'missing', message: expect.stringContaining('kubectl annotate storageclass managed') },
    { what: 'load balancer', state: 'ok', message: 'from aks' },
  ]);
});
