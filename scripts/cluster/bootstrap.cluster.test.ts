import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../components/component.ts';
import { startTestServer, type TestServer } from '../dev/testing/api-server.ts';
import {
  argocd,
  bootstrap,
  changes,
  clean,
  knownHosts,
  objectsOf,
  readManifests,
  snapshot,
} from '../dev/testing/bootstrap-server.ts';
import type { LiveData } from './live.ts';
import type { Transport } from './transport.ts';

let test: TestServer;

beforeAll(async () => {
  test = await startTestServer();
  await readManifests();
});

afterAll(() => test?.stop());

/** Lets a number of writes through; then the process is dead: nothing goes out any more. */
function dyingAfter(writes: number): (transport: Transport) => Transport {
  let left = writes;
  return (transport) => ({
    ...transport,
    async send(request) {
      if (left < 0) throw new Error('killed');
      const write = request.method !== 'GET';
      if (write && --left < 0) throw new Error('killed');
      return transport.send(request);
    },
  });
}

describe('a bootstrap on a real API server', () => {
  it('installs the whole of Argo CD, and a second run changes nothing', async () => {
    const { api } = test.connection;
    const first = await bootstrap(api, 'argocd', { all: true });
    expect(first.verdict.argocd).toBe('absent');
    expect(changes(first.applied, 'created').length).toBeGreaterThan(60);
    // The known hosts and the CA go into ConfigMaps that Argo CD's manifests have made.
    expect(changes(first.applied, 'changed')).toEqual([
      'ConfigMap argocd/argocd-ssh-known-hosts-cm',
      'ConfigMap argocd/argocd-tls-certs-cm',
    ]);
    const second = await bootstrap(api, 'argocd', { all: true });
    expect(second.verdict).toMatchObject({ cluster: 'demo', argocd: 'ours', takeOverDefinitions: false, findings: [] });
    expect(changes(second.applied, 'unchanged')).toHaveLength(second.applied.length);
    const known = await api.find<LiveData>({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'argocd-ssh-known-hosts-cm', namespace: 'argocd' },
    });
    expect(known?.data?.ssh_known_hosts).toContain('github.com ssh-ed25519');
    expect(known?.data?.ssh_known_hosts).toContain(knownHosts[0]);
  });

  it('keeps repository credentials until they are to be rotated, and then changes only them', async () => {
    const { api } = test.connection;
    const password = async () => {
      const secret = await api.find<LiveData>({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'breakwater-repository-demo', namespace: 'argocd' },
      });
      return Buffer.from(secret?.data?.password ?? '', 'base64').toString();
    };
    const kept = await bootstrap(api, 'argocd', { token: 'second' });
    expect(changes(kept.applied, 'unchanged')).toHaveLength(kept.applied.length);
    expect(await password()).toBe('first');
    const rotated = await bootstrap(api, 'argocd', { token: 'second', rotate: true });
    expect(changes(rotated.applied, 'changed')).toEqual(['Secret argocd/breakwater-repository-demo']);
    expect(await password()).toBe('second');
  });

  it('leaves no field behind that a later version of Argo CD drops from its manifests', async () => {
    const { api } = test.connection;
    const server = argocd('argocd').find(({ kind }) => kind === 'Deployment') as KubernetesObject;
    const variables = async () =>
      JSON.stringify((await api.find(server))?.spec).match(/"name":"ARGOCD_SERVER_INSECURE"/g)?.length ?? 0;
    expect(await variables()).toBe(1);
    const later: KubernetesObject = JSON.parse(
      JSON.stringify(server, (key, value) =>
        key === 'env' ? value.filter(({ name }: { name: string }) => name !== 'ARGOCD_SERVER_INSECURE') : value,
      ),
    );
    await api.apply(later, { manager: 'argocd-controller', force: true });
    expect(await variables()).toBe(0);
    await api.apply(server, { manager: 'argocd-controller', force: true });
  });

  it('leaves Argo CD alone when it manages itself, and the sync that runs', async () => {
    const { api } = test.connection;
    const { root } = objectsOf('argocd');
    const child = { ...root, metadata: { name: 'argocd', namespace: 'argocd' } };
    await api.apply(child, { manager: 'argocd-controller' });
    const server = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'argocd-server', namespace: 'argocd' },
    };
    const annotations = { 'argocd.argoproj.io/tracking-id': 'argocd:apps/Deployment:argocd/argocd-server' };
    await api.merge(server, { metadata: { annotations } });
    const operationState = { phase: 'Running', startedAt: '2026-11-24T00:00:00Z', operation: {} };
    await api.merge(root, { status: { operationState } });
    // Its refresh annotation was set by a former run; a running sync is not asked for anything.
    await api.merge(root, { metadata: { annotations: null } });
    const before = await api.find(root);
    // The copy of the root that stands for the child reads the same path, which a real one does not.
    await api.merge(child, { spec: { source: { path: 'clusters/demo/manifests/argocd' } } });
    const { verdict, applied } = await bootstrap(api, 'argocd');
    expect(verdict.argocd).toBe('self-managed');
    expect(changes(applied, 'unchanged')).toHaveLength(applied.length);
    expect(await api.find(root)).toEqual(before);
    await clean(test.connection.api, 'argocd');
  });

  it('ends in the same objects, whichever write was its last when it was killed', async () => {
    const first = await test.through((transport) => transport);
    await bootstrap(first, 'uninterrupted');
    const expected = await snapshot(first, 'uninterrupted');
    expect(expected).not.toContain('missing');
    await clean(test.connection.api, 'uninterrupted');

    let finished = false;
    for (let writes = 0; !finished; writes++) {
      const namespace = `killed-${writes}`;
      try {
        const dying = await test.through(dyingAfter(writes));
        finished = await bootstrap(dying, namespace).then(
          () => true,
          (error: Error) => {
            expect(error.message).toBe('killed');
            return false;
          },
        );
        const again = await test.through((transport) => transport);
        const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'oauth2-proxy', namespace } };
        const made = await again.find<LiveData>(secret);
        await bootstrap(again, namespace);
        expect(await snapshot(again, namespace), `killed after ${writes} writes`).toBe(expected);
        if (made !== undefined) expect((await again.find<LiveData>(secret))?.data).toEqual(made.data);
      } finally {
        // Making and removing CRDs is slow: after the first few runs they stay.
        await clean(test.connection.api, namespace, writes < 3);
      }
    }
  });
});
