import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Api } from '../../../cluster/api.ts';
import { applyObjects } from '../../../cluster/apply.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { startTestServer, type TestServer } from '../../testing/api-server.ts';
import { created } from '../../testing/guarded-server.ts';
import { testRepository } from '../repository.ts';

let server: TestServer;
let api: Api;

beforeAll(async () => {
  const repository = testRepository();
  repository.write('tenants/red/tenant.yaml', 'kind: namespace\nowner: ann@example.com\n');
  const shown = repository.breakwater('tenant', 'show', 'red', '--manifests').stdout;
  repository.remove();
  const objects = parseAllDocuments(shown).map((document) => document.toJS() as KubernetesObject);
  server = await startTestServer();
  api = server.connection.api;
  await applyObjects(api, [
    ...objects.filter(({ kind }) => ['Namespace', 'ResourceQuota', 'LimitRange'].includes(kind)),
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'red' } },
  ]);
  // The controller that counts does not run here; a quota holds from its first count on.
  const quota = objects.find(({ kind }) => kind === 'ResourceQuota');
  const { hard } = (quota as unknown as { spec: { hard: Record<string, string> } }).spec;
  await api.request({
    method: 'PATCH',
    path: '/api/v1/namespaces/red/resourcequotas/tenant/status',
    contentType: 'application/merge-patch+json',
    body: { status: { hard, used: Object.fromEntries(Object.keys(hard).map((key) => [key, '0'])) } },
  });
});
afterAll(() => server.stop());

const inRed = (kind: string, spec: object): KubernetesObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'one', namespace: 'red' },
  spec,
});
const pod = (resources: object = {}) => inRed('Pod', { containers: [{ name: 'web', image: 'web:1', resources }] });

describe('what a tenant may use that its tenant.yaml says nothing of', () => {
  it('is enough for a pod that says nothing, which gets a limit of the disk', async () => {
    const made = await api.request<{ spec: { containers: { resources: { limits: object } }[] } }>({
      method: 'POST',
      path: '/api/v1/namespaces/red/pods',
      query: { dryRun: 'All' },
      contentType: 'application/json',
      body: pod(),
    });
    expect(made.spec.containers[0]?.resources.limits).toEqual({ cpu: '2', memory: '2Gi', 'ephemeral-storage': '10Gi' });
  });

  it.each([
    ['a GPU', pod({ limits: { 'nvidia.com/gpu': 1 } }), 'requests.nvidia.com/gpu=1, used: requests.nvidia.com/gpu=0'],
    ['a GPU of another maker', pod({ limits: { 'amd.com/gpu': 1 } }), 'limited: requests.amd.com/gpu=0'],
    [
      'more disk than the quota',
      pod({ limits: { 'ephemeral-storage': '3Ti' } }),
      'limited: limits.ephemeral-storage=2Ti',
    ],
    ['a load balancer', inRed('Service', { type: 'LoadBalancer', ports: [{ port: 80 }] }), 'services.loadbalancers=0'],
    ['a port of the nodes', inRed('Service', { type: 'NodePort', ports: [{ port: 80 }] }), 'services.nodeports=0'],
  ])('holds no %s', async (_, object, refusal) => {
    expect(await created(api, object)).toContain(refusal);
  });

  it('holds a plain Service', async () => {
    expect(await created(api, inRed('Service', { ports: [{ port: 80 }] }))).toBeUndefined();
  });
});
