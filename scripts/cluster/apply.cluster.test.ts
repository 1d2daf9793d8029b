import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { KubernetesObject } from '../components/component.ts';
import { argocdManifest, startTestServer, type TestServer } from '../dev/testing/api-server.ts';
import type { Api } from './api.ts';
import { applyObject, applyObjects } from './apply.ts';
import type { LiveObject } from './live.ts';
import type { Transport } from './transport.ts';

let test: TestServer;
let api: Api;

beforeAll(async () => {
  test = await startTestServer();
  api = test.connection.api;
});

afterAll(() => test?.stop());

function configMap(name: string, data: Record<string, string>): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

async function argocdDefinitions(): Promise<KubernetesObject[]> {
  const names = ['application', 'applicationset', 'appproject'];
  return Promise.all(names.map(async (name) => parse(await argocdManifest(`crds/${name}-crd.yaml`))));
}

describe('applying objects', () => {
  it('serves new kinds in the same run, whatever the order they are given in', async () => {
    const project: KubernetesObject = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: { name: 'platform', namespace: 'argocd' },
      spec: { sourceRepos: ['https://git.example.com/a.git'] },
    };
    const namespace: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } };
    // Asked for before its CRD is there: an answer that is remembered would fail below (fluxcd/flux2#2351).
    expect(await api.find(project)).toBeUndefined();
    const objects = [project, namespace, ...(await argocdDefinitions())];
    const first = await applyObjects(api, objects);
    expect(first.map(({ change }) => change)).toEqual(Array(5).fill('created'));
    expect(first.at(-1)?.object).toBe('AppProject argocd/platform');
    const second = await applyObjects(api, objects);
    expect(second.map(({ change }) => change)).toEqual(Array(5).fill('unchanged'));
  });

  it("keeps every field of a CRD, also those that client libraries don't know", async () => {
    const [definition] = await argocdDefinitions();
    const live = await api.find<LiveObject>(definition as KubernetesObject);
    expect(JSON.stringify(live).match(/x-kubernetes-/g)?.length).toBe(
      JSON.stringify(definition).match(/x-kubernetes-/g)?.length,
    );
  });

  it('says created, changed, unchanged, and a dry run says the same without writing', async () => {
    const dry = { dryRun: true };
    expect((await applyObject(api, configMap('words', { a: '1' }), dry)).change).toBe('created');
    expect((await applyObject(api, configMap('words', { a: '1' }))).change).toBe('created');
    expect((await applyObject(api, configMap('words', { a: '1' }), dry)).change).toBe('unchanged');
    expect((await applyObject(api, configMap('words', { a: '1' }))).change).toBe('unchanged');
    expect((await applyObject(api, configMap('words', { a: '2' }), dry)).change).toBe('changed');
    expect((await applyObject(api, configMap('words', { a: '2' }))).change).toBe('changed');
    expect(await api.find(configMap('words', {}))).toMatchObject({ data: { a: '2' } });
  });

  it('names the field and who owns it when another program changed it, and leaves it', async () => {
    await api.apply(configMap('owned', { colour: 'red' }), { manager: 'helm' });
    await expect(applyObject(api, configMap('owned', { colour: 'blue' }))).rejects.toMatchObject({
      name: 'RunError',
      message: expect.stringContaining('.data.colour belongs to "helm"'),
    });
    expect(await api.find(configMap('owned', {}))).toMatchObject({ data: { colour: 'red' } });
    expect((await applyObject(api, configMap('owned', { colour: 'blue' }), { force: true })).change).toBe('changed');
  });

  it('leaves to Argo CD what Argo CD applies from Git', async () => {
    const tracked = configMap('tracked', { a: '1' });
    tracked.metadata.annotations = { 'argocd.argoproj.io/tracking-id': 'platform:/ConfigMap:default/tracked' };
    await api.apply(tracked, { manager: 'argocd-controller' });
    expect((await applyObject(api, configMap('tracked', { a: '2' }), { leaveTracked: true })).change).toBe('unchanged');
    expect(await api.find(tracked)).toMatchObject({ data: { a: '1' } });
  });

  it('hides the values of a Secret, those in the cluster too, when the server quotes it in a refusal', async () => {
    const kept = Buffer.from('kept-in-the-cluster').toString('base64');
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'quoted', namespace: 'default' },
      data: { kept },
    };
    await api.create(secret);
    const refused = await api.merge(secret, { data: { added: 'no base64: topsecret' } }).catch(String);
    expect(refused).toContain('illegal base64 data');
    expect(refused).not.toContain('topsecret');
    expect(refused).not.toContain(kept);
  });

  it('gets over answers that pass: too many requests, a server error, a lost connection', async () => {
    const troubles: (() => void)[] = [
      () => undefined,
      () => undefined,
      () => {
        throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      },
    ];
    const statuses = [429, 500];
    const shaky = await test.through((transport: Transport) => ({
      ...transport,
      async send(request) {
        troubles.shift()?.();
        const status = statuses.shift();
        return status === undefined ? transport.send(request) : { status, body: {}, text: '' };
      },
    }));
    expect((await applyObject(shaky, configMap('shaky', { a: '1' }))).change).toBe('created');
  });

  it('does not make an object twice when the connection is lost on the way, but says so', async () => {
    let sent = 0;
    const lost = await test.through((transport) => ({
      ...transport,
      async send(request) {
        if (request.method !== 'POST') return transport.send(request);
        sent++;
        throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      },
    }));
    await expect(lost.create(configMap('lost', {}))).rejects.toMatchObject({
      name: 'RunError',
      message: 'no answer from the API server to POST /api/v1/namespaces/default/configmaps (ECONNRESET)',
    });
    expect(sent).toBe(1);
  });

  it('gives up on a server error that stays', async () => {
    let sent = 0;
    const broken = await test.through((transport) => ({
      ...transport,
      async send() {
        sent++;
        return { status: 500, body: { message: 'failed calling webhook "x"' }, text: '' };
      },
    }));
    await expect(broken.find(configMap('x', {}))).rejects.toMatchObject({
      message: expect.stringContaining('failed calling webhook "x"'),
    });
    expect(sent).toBe(5);
  });
});
