import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiextensionsV1Api, CoreV1Api, KubeConfig, KubernetesObjectApi, PatchStrategy } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ApiServer, startApiServer } from './api-server.ts';
import { waitUntil } from './https-get.ts';
import { moduleFolder } from './modules.ts';
import { runningPid } from './processes.ts';

let folder: string;
let server: ApiServer;

function configOf(path: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(path);
  return config;
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakwater api server-'));
  server = await startApiServer({ folder, report: (line) => console.log(line) });
});

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('the API server for tests', () => {
  it("establishes Argo CD's CRDs, taken from its module, by server-side apply", async () => {
    const config = configOf(server.kubeconfigPath);
    expect(config.getCurrentContext()).toBe(server.contextName);
    const crds = join(await moduleFolder('argo-cd'), 'manifests', 'crds');
    const objects = KubernetesObjectApi.makeApiClient(config);
    const names: string[] = [];
    for (const file of (await readdir(crds)).filter((name) => name.endsWith('-crd.yaml'))) {
      const crd = parse(await readFile(join(crds, file), 'utf8'));
      await objects.patch(crd, undefined, undefined, 'breakwater-test', true, PatchStrategy.ServerSideApply);
      names.push(crd.metadata.name);
    }
    expect(names.sort()).toEqual([
      'applications.argoproj.io',
      'applicationsets.argoproj.io',
      'appprojects.argoproj.io',
    ]);

    const api = config.makeApiClient(ApiextensionsV1Api);
    const established = async () => {
      const found = await Promise.all(names.map((name) => api.readCustomResourceDefinition({ name })));
      return found.every((crd) =>
        crd.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True'),
      );
    };
    expect(await waitUntil(established, 30_000)).toBe(true);
  });

  it('gives a user only the rights that RBAC gives', async () => {
    const api = configOf(await server.kubeconfigFor({ name: 'viewer' })).makeApiClient(CoreV1Api);
    await expect(api.listNamespacedSecret({ namespace: 'default' })).rejects.toMatchObject({ code: 403 });
  });

  it('leaves no process behind when it is stopped', async () => {
    const pids = await Promise.all(['etcd', 'kube-apiserver'].map((name) => runningPid(folder, name)));
    expect(pids.every((pid) => pid !== undefined)).toBe(true);
    await server.stop();
    // Node takes note of a child's end a moment after the kernel does.
    for (const pid of pids) expect(await waitUntil(async () => isGone(pid ?? 0), 5_000)).toBe(true);
  });
});
