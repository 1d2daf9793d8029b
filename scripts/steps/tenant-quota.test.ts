import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../components/component.ts';
import { loadCluster } from '../config/load.ts';
import { tenantObjects } from './tenant-objects.ts';

const root = join(import.meta.dirname, '..', '..');
const demo = loadCluster(root, 'demo');
const render = (text: string) => tenantObjects(root, demo, 'team-a', text);
const find = (objects: readonly KubernetesObject[], kind: string, name: string) =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);

const small = 'kind: namespace\nowner: ann@example.com\n';

describe('the quota of a tenant', () => {
  it('counts what costs others: devices, node disks, objects and published Services, none or few without a word', async () => {
    const hardOf = async (text: string) => find((await render(text)).place, 'ResourceQuota', 'tenant')?.spec as object;
    expect(await hardOf(small)).toMatchObject({
      hard: {
        'requests.nvidia.com/gpu': '0',
        'requests.amd.com/gpu': '0',
        'limits.ephemeral-storage': '2Ti',
        'count/secrets': '300',
        'count/jobs.batch': '1000',
        'services.loadbalancers': '0',
        'services.nodeports': '0',
      },
    });
    const raised = `${small}quota: {gpus: {nvidia.com/gpu: 2}, ephemeralStorage: 4Ti, objects: {secrets: 900}}\n`;
    expect(await hardOf(raised)).toMatchObject({
      hard: {
        'requests.nvidia.com/gpu': '2',
        'requests.amd.com/gpu': '0',
        'limits.ephemeral-storage': '4Ti',
        'count/secrets': '900',
        'count/jobs.batch': '1000',
      },
    });
    // A load balancer takes ports of the nodes, too.
    for (const [types, counted] of [
      ['NodePort', ['services.loadbalancers']],
      ['LoadBalancer', []],
    ] as const) {
      const { hard } = (await hardOf(`${small}network: {services: [${types}]}\n`)) as { hard: object };
      expect(Object.keys(hard).filter((key) => key.startsWith('services.'))).toEqual(counted);
    }
  });

  it('starts pods that say nothing: a limit for each that the quota counts', async () => {
    const spec = find((await render(small)).place, 'LimitRange', 'tenant')?.spec;
    expect(spec).toEqual({
      limits: [
        {
          type: 'Container',
          defaultRequest: { cpu: '100m', memory: '128Mi', 'ephemeral-storage': '100Mi' },
          default: { cpu: '2', memory: '2Gi', 'ephemeral-storage': '10Gi' },
        },
      ],
    });
  });
});
