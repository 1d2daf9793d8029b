import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { argocdManifest, startTestServer, type TestServer } from '../dev/testing/api-server.ts';
import type { Api } from './api.ts';
import type { LiveApplication } from './applications.ts';
import { applyObjects } from './apply.ts';
import { hasteFor, takeNewest } from './take-newest.ts';

const newest = '1'.repeat(40);
const older = '0'.repeat(40);
const reference = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { name: 'platform', namespace: 'argocd' },
};

let test: TestServer;
let api: Api;

beforeAll(async () => {
  test = await startTestServer();
  api = test.connection.api;
  const crd = await argocdManifest('crds/application-crd.yaml');
  await applyObjects(api, [parse(crd), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } }]);
});

afterAll(() => test?.stop());

beforeEach(async () => {
  await api.request({ method: 'DELETE', path: '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications' });
});

/** Argo CD's own kind requires fields that we never read. */
const required: object = { operation: {} };

function root(phase: string | undefined, at: string, more: object = {}): LiveApplication {
  const source = { repoURL: 'https://git.example.com/a.git', path: '.' };
  return {
    ...reference,
    spec: {
      project: 'platform',
      destination: {},
      source,
      syncPolicy: { syncOptions: ['FailOnSharedResource=true'], retry: { limit: -1, refresh: true } },
    },
    status: {
      sync: {
        comparedTo: { destination: {}, source },
        status: phase === 'Succeeded' ? 'Synced' : 'OutOfSync',
        revision: at,
      },
      ...(phase === undefined
        ? {}
        : {
            operationState: {
              phase,
              ...required,
              startedAt: '2026-11-25T00:00:00Z',
              syncResult: { revision: at },
            },
          }),
    },
    ...more,
  } as LiveApplication;
}

async function read(): Promise<LiveApplication> {
  const live = await api.find<LiveApplication>(reference);
  if (live === undefined) throw new Error('the root is gone');
  return live;
}

/** Does what Argo CD's controller would, each half second: ends what is to be ended, and begins what auto-sync begins. */
async function controller(signal: AbortSignal, { automatic }: { automatic: boolean }): Promise<void> {
  const put = (patch: object) => api.merge(reference, patch);
  const begin = (revision: string) =>
    put({
      operation: null,
      status: {
        sync: { status: 'OutOfSync', revision },
        operationState: { phase: 'Running', startedAt: '2026-11-25T01:00:00Z', syncResult: { revision } },
      },
    });
  while (!signal.aborted) {
    const { operation, metadata, status } = await read();
    const requested = (operation as { sync?: { revision?: string } } | undefined)?.sync?.revision;
    if (status?.operationState?.phase === 'Terminating')
      await put({ operation: null, status: { operationState: { phase: 'Failed' } } });
    else if (requested !== undefined && status?.operationState?.phase !== 'Running') await begin(requested);
    else if (metadata.annotations?.['argocd.argoproj.io/refresh'] !== undefined) {
      await put({ metadata: { annotations: { 'argocd.argoproj.io/refresh': null } } });
      if (automatic && status?.operationState?.phase !== 'Running') await begin(newest);
    }
    await sleep(100);
  }
}

async function withController<T>(options: { automatic: boolean }, work: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const running = controller(stop.signal, options);
  try {
    return await work();
  } finally {
    stop.abort();
    await running;
  }
}

describe('taking the newest commit', () => {
  it('ends an operation at an older commit, and auto-sync begins the newest', async () => {
    await api.apply(root('Running', older, { operation: { sync: { revision: older } } }), { manager: 'argocd' });
    const taken = await withController({ automatic: true }, () => takeNewest(api, reference, newest));
    expect(taken).toEqual({ ended: older, how: 'auto', commit: newest });
    expect((await read()).status?.operationState?.syncResult?.revision).toBe(newest);
  });

  it('asks by name for a commit that auto-sync has given up, with the retry of the tree', async () => {
    await api.apply(root('Failed', newest), { manager: 'argocd' });
    const seen = api.watch(
      'argoproj.io/v1alpha1',
      'Application',
      { namespace: 'argocd', resourceVersion: '0' },
      AbortSignal.timeout(60_000),
    );
    const requested = (async () => {
      for await (const { object } of seen) if (object.operation !== undefined) return object.operation;
      return undefined;
    })();
    const taken = await withController({ automatic: false }, () => takeNewest(api, reference, newest));
    expect(taken).toEqual({ how: 'asked', commit: newest });
    expect(await requested).toMatchObject({
      initiatedBy: { username: 'breakwater' },
      retry: { limit: -1, refresh: true },
      sync: { revision: newest, prune: true, syncOptions: ['FailOnSharedResource=true'] },
    });
  });

  it('leaves alone what is applied or on its way, and knows an end that was asked for already', () => {
    expect(hasteFor(root('Succeeded', newest), newest).kind).toBe('nothing');
    expect(hasteFor(root('Running', newest), newest).kind).toBe('nothing');
    expect(hasteFor(root('Running', older), newest)).toEqual({ kind: 'end', at: older });
    expect(hasteFor(root('Running', newest), undefined)).toEqual({ kind: 'end', at: newest });
    expect(hasteFor(root('Terminating', older), newest).kind).toBe('ending');
    expect(hasteFor(root('Failed', newest), newest).kind).toBe('start');
    expect(hasteFor(root('Succeeded', older), newest).kind).toBe('start');
    expect(hasteFor(root(undefined, newest), newest).kind).toBe('start');
  });
});
