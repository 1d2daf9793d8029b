import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { KubernetesObject } from '../components/component.ts';
import { argocdManifest, startTestServer, type TestServer } from '../dev/testing/api-server.ts';
import { waitForAddress } from './address.ts';
import type { Api } from './api.ts';
import type { LiveApplication } from './applications.ts';
import { applyObject, applyObjects } from './apply.ts';
import { watchPlatform } from './watch.ts';
import { waitForWorkloads } from './workloads.ts';

const commit = '1111111111111111111111111111111111111111';
const waves = [
  { wave: 0, applications: ['argocd'] },
  { wave: 1, applications: ['istiod'] },
];

let test: TestServer;
let api: Api;

beforeAll(async () => {
  test = await startTestServer();
  api = test.connection.api;
  const crd = await argocdManifest('crds/application-crd.yaml');
  await applyObjects(api, [parse(crd), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } }]);
});

afterAll(() => test?.stop());

function application(
  name: string,
  status: LiveApplication['status'],
  pin: string | undefined = commit,
): LiveApplication {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace: 'argocd', annotations: pin === undefined ? {} : { 'breakwater.dev/revision': pin } },
    spec: { project: 'platform', destination: {}, source: { repoURL: 'https://git.example.com/a.git', path: '.' } },
    status,
  } as LiveApplication;
}

const operation = (phase: string) => ({
  phase,
  operation: {},
  startedAt: '2026-11-25T00:00:00Z',
  syncResult: { revision: commit },
});
const synced = {
  comparedTo: { destination: {}, source: { repoURL: 'https://git.example.com/a.git' } },
  status: 'Synced',
  revision: commit,
};
const healthy: LiveApplication['status'] = {
  sync: synced,
  health: { status: 'Healthy' },
  operationState: operation('Succeeded'),
};
const progressing = { ...healthy, health: { status: 'Progressing' } };
const running = { ...healthy, sync: { ...synced, status: 'OutOfSync' }, operationState: operation('Running') };

/** Writes what Argo CD's controller would. */
async function put(item: LiveApplication, by: Api = api): Promise<void> {
  await by.apply(item, { manager: 'argocd-controller', force: true });
}

const observe = (name: string, status: LiveApplication['status']) =>
  put(application(name, status, name === 'platform' ? undefined : commit));

async function removeAll(): Promise<void> {
  await api.request({ method: 'DELETE', path: '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications' });
}

beforeEach(removeAll);
afterEach(removeAll);

function watch(by: Api, options: object = {}) {
  const seen: string[] = [];
  const result = watchPlatform(
    { api: by, context: 'prod' },
    {
      root: 'platform',
      namespace: 'argocd',
      waves,
      commit,
      timeoutSeconds: 60,
      pause: 20,
      report: (line) => seen.push(line),
      ...options,
    },
  );
  const until = async (text: string) => {
    while (!seen.some((line) => line.includes(text))) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  return { result, seen, until };
}

describe('waiting for the platform', () => {
  it('follows it wave by wave until all is healthy at the commit', async () => {
    const { result, seen, until } = watch(api);
    await until('platform: does not exist');
    await observe('platform', running);
    await observe('argocd', progressing);
    await until('wave 0: argocd not ready');
    await observe('argocd', healthy);
    await until('wave 0: healthy');
    await observe('istiod', running);
    await until('wave 1: istiod syncing');
    await observe('istiod', healthy);
    await observe('platform', healthy);
    expect(await result).toMatchObject({ done: true });
    expect(seen).toContain('wave 1: healthy (istiod)');
    expect(seen.at(-1)).toBe('platform: healthy, 2 of 2 waves healthy');
  });

  it('continues when its watch is cut, its position in history is gone, or no watch is allowed', async () => {
    let watches = 0;
    const shaky = await test.through((transport) => ({
      ...transport,
      async *lines(request, signal) {
        watches++;
        if (watches === 1) yield { type: 'ERROR', object: { code: 410, reason: 'Expired' } };
        else if (watches === 2) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
        else if (watches === 3) yield { type: 'ERROR', object: { code: 403, reason: 'Forbidden' } };
        else yield* transport.lines(request, signal);
      },
    }));
    await observe('platform', running);
    const { result, until } = watch(shaky);
    await until('platform: syncing');
    await observe('argocd', healthy);
    await until('wave 0: healthy');
    await observe('istiod', healthy);
    await observe('platform', healthy);
    expect(await result).toMatchObject({ done: true });
    expect(watches).toBeGreaterThanOrEqual(3);
  });

  it('ends with the reason when a failure stands: Application, message, command', async () => {
    await observe('platform', {
      ...running,
      conditions: [{ type: 'ComparisonError', message: 'repository not found' }],
    });
    await expect(watch(api, { patience: { comparison: 0.2 } }).result).rejects.toMatchObject({
      name: 'RunError',
      message: 'the platform is failing: platform: comparison failed: repository not found',
      hint: expect.stringContaining(
        'kubectl --context prod --namespace argocd describe applications.argoproj.io platform',
      ),
    });
  });

  it('forgives a failure that passes', async () => {
    await observe('platform', { ...running, conditions: [{ type: 'ComparisonError', message: 'not yet' }] });
    const { result, until } = watch(api, { patience: { comparison: 30 } });
    await until('comparison failed: not yet');
    for (const name of ['argocd', 'istiod', 'platform']) await observe(name, healthy);
    expect(await result).toMatchObject({ done: true, failures: [] });
  });

  it('says how far it came when time is up', async () => {
    await observe('platform', running);
    await observe('argocd', progressing);
    await expect(watch(api, { timeoutSeconds: 1 }).result).rejects.toMatchObject({
      message: 'the platform was not healthy within 1 s: platform: syncing, 0 of 2 waves healthy',
      details: [expect.stringContaining('wave 0: argocd not ready'), 'wave 1: has not started (istiod)'],
    });
  });

  it('ends when the run is ended', async () => {
    const controller = new AbortController();
    const { result, until } = watch(api, { signal: controller.signal });
    await until('platform: does not exist');
    controller.abort(new Error('stopped by the user'));
    await expect(result).rejects.toThrow('stopped by the user');
  });
});

describe('waiting for an address', () => {
  const service = (name: string, spec: object): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { ports: [{ port: 443 }], ...spec },
  });
  const give = (name: string, ingress: object[]) =>
    api.request({
      method: 'PATCH',
      path: `/api/v1/namespaces/default/services/${name}/status`,
      contentType: 'application/merge-patch+json',
      body: { status: { loadBalancer: { ingress } } },
    });
  const wait = (name: string, report?: (line: string) => void, timeoutSeconds = 60) =>
    waitForAddress(api, {
      name,
      namespace: 'default',
      timeoutSeconds,
      pause: 20,
      ...(report === undefined ? {} : { report }),
    });

  it.each([
    ['an IP address', 'ip', [{ ip: '192.0.2.1' }], '192.0.2.1'],
    ['a host name', 'name', [{ hostname: 'lb.example.com' }], 'lb.example.com'],
  ])('gives %s once it is there, and says what it waits for until then', async (_, name, ingress, address) => {
    const seen: string[] = [];
    const result = wait(name, (line) => seen.push(line));
    while (seen.length < 1) await new Promise((resolve) => setTimeout(resolve, 10));
    await applyObject(api, service(name, { type: 'LoadBalancer' }));
    while (seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    await give(name, ingress);
    expect(await result).toBe(address);
    expect(seen[0]).toContain('the Service does not exist yet');
    expect(seen[1]).toContain('the load balancer has not assigned one');
  });

  it("names a load balancer's own reason when there is none in time", async () => {
    await applyObject(api, service('pending', { type: 'LoadBalancer' }));
    await api.create({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'pending.1', namespace: 'default' },
      type: 'Warning',
      reason: 'AllocationFailed',
      message: 'no available IPs',
      lastTimestamp: '2026-11-25T00:00:00Z',
      involvedObject: { kind: 'Service', name: 'pending', namespace: 'default' },
    } as never);
    await expect(wait('pending', undefined, 0.1)).rejects.toThrow(
      'got no address within 0.1 s: AllocationFailed: no available IPs',
    );
  });

  it('says so when the Service gets none by its type', async () => {
    await applyObject(api, service('inside', { type: 'ClusterIP' }));
    await expect(wait('inside', undefined, 0.1)).rejects.toThrow(
      'its type is ClusterIP, and only type LoadBalancer gets an address',
    );
  });
});

describe('waiting for workloads', () => {
  const labels = { app: 'server' };
  const deployment: KubernetesObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'server', namespace: 'default' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'example.com/a' }] } },
    },
  };
  const status = (path: string, body: object) =>
    api.request({
      method: 'PATCH',
      path: `${path}/status`,
      contentType: 'application/merge-patch+json',
      body: { status: body },
    });

  it('names the reason of a Pod that does not start, then ends when it does', async () => {
    await applyObject(api, deployment);
    await expect(waitForWorkloads(api, [deployment], { timeoutSeconds: 0.1 })).rejects.toThrow(
      'Deployment default/server: has no Pods',
    );
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'server-1', namespace: 'default', labels },
      spec: { containers: [{ name: 'main', image: 'example.com/a' }] },
    };
    await api.create(pod);
    const waiting = { reason: 'ImagePullBackOff', message: 'not found' };
    await status('/api/v1/namespaces/default/pods/server-1', {
      containerStatuses: [{ name: 'main', image: '', imageID: '', ready: false, restartCount: 0, state: { waiting } }],
    });
    await expect(waitForWorkloads(api, [deployment], { timeoutSeconds: 0.1 })).rejects.toThrow(
      'main: ImagePullBackOff (not found)',
    );
    const seen: string[] = [];
    const result = waitForWorkloads(api, [deployment], {
      timeoutSeconds: 60,
      pause: 20,
      report: (line) => seen.push(line),
    });
    while (seen.length < 1) await new Promise((resolve) => setTimeout(resolve, 10));
    await status('/apis/apps/v1/namespaces/default/deployments/server', {
      observedGeneration: 1,
      replicas: 1,
      updatedReplicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
    });
    await result;
    expect(seen).toEqual(['0 of 1 ready, waiting for server', '1 of 1 ready']);
  });
});
