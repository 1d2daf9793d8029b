import { describe, expect, it } from 'vitest';
import type { LiveApplication } from './applications.ts';
import { platformStatus, type StatusQuestion, waitingSentence } from './status.ts';

const commit = '1111111111111111111111111111111111111111';
const older = '0000000000000000000000000000000000000000';
const question: StatusQuestion = {
  cluster: 'prod',
  root: 'platform',
  namespace: 'argocd',
  waves: [
    { wave: 0, applications: ['argocd'] },
    { wave: 1, applications: ['istiod', 'issuer'] },
  ],
  newest: { revision: 'main', commit },
  context: 'prod',
  now: Date.parse('2026-11-25T00:10:00Z'),
};

type Status = NonNullable<LiveApplication['status']>;

function application(name: string, status: Status = {}, metadata: Partial<LiveApplication['metadata']> = {}) {
  const good: Status = {
    sync: { status: 'Synced', revisions: ['1.2.3', commit] },
    health: { status: 'Healthy' },
    operationState: { phase: 'Succeeded', finishedAt: '2026-11-25T00:08:25Z' },
  };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name,
      namespace: 'argocd',
      annotations: { 'breakwater.dev/revision': commit, 'breakwater.dev/ready-within-seconds': '900' },
      ...metadata,
    },
    status: { ...good, ...status },
  } satisfies LiveApplication;
}

function root(status: Status = {}): LiveApplication {
  return application(
    'platform',
    {
      sync: { status: 'Synced', revision: commit },
      operationState: { phase: 'Succeeded', syncResult: { revision: commit } },
      ...status,
    },
    { annotations: {} },
  );
}

const syncing = root({
  sync: { status: 'OutOfSync', revision: commit },
  operationState: { phase: 'Running', message: 'waiting for healthy state', syncResult: { revision: commit } },
  history: [{ revision: older }],
});
const children = [application('argocd'), application('istiod'), application('issuer')];
const late = application('istiod', {
  health: { status: 'Progressing' },
  resources: [{ kind: 'Deployment', name: 'istiod', health: { status: 'Progressing' } }],
});

describe('the status of a platform', () => {
  it('is well when all is Synced and Healthy at the newest commit', () => {
    const status = platformStatus([root(), ...children], question);
    expect(status).toMatchObject({
      ok: true,
      summary: 'All 3 Applications are Synced and Healthy',
      root: { git: { current: true, applied: commit } },
      missing: [],
      orphaned: [],
    });
    expect(status.waitingFor).toBeUndefined();
    expect(status.waves[1]?.applications.map(({ name, revision }) => [name, revision])).toEqual([
      ['istiod', commit],
      ['issuer', commit],
    ]);
  });

  it('says what the root waits for, until when, and what comes then', () => {
    const [argocd] = children;
    const status = platformStatus([syncing, argocd ?? late, late, application('issuer')], question);
    expect(status).toMatchObject({
      ok: false,
      waitingFor: {
        application: 'istiod',
        wave: 1,
        elapsed: 95,
        limit: 900,
        until: '2026-11-25T00:23:25.000Z',
      },
      root: { git: { applied: older, current: false } },
    });
    expect(status.waitingFor && waitingSentence(status.waitingFor)).toBe(
      'waiting for istiod: not ready for 95 s of 900 (Deployment istiod); then the root retries with the newest commit',
    );
  });

  it('counts the time of a sync that runs, and says that a failed one is tried again without an end', () => {
    const of = (operationState: NonNullable<Status['operationState']>, sync = 'OutOfSync') =>
      platformStatus(
        [
          syncing,
          application('argocd'),
          application('istiod', { sync: { status: sync, revisions: [commit] }, operationState }),
        ],
        question,
      ).waitingFor;
    expect(of({ phase: 'Running', startedAt: '2026-11-25T00:09:00Z', message: 'hook' })).toMatchObject({
      why: 'syncing: hook',
      elapsed: 60,
      limit: 900,
    });
    const failed = of({ phase: 'Failed', message: 'denied' });
    expect(failed).toMatchObject({ why: 'sync failed: denied' });
    expect(failed?.afterwards).toContain('without limit');
    expect(failed?.until).toBeUndefined();
  });

  it('is not well while Git has a newer commit, and can tell nothing where Git did not answer', () => {
    const newer = { ...question, newest: { revision: 'main', commit: '2'.repeat(40) } };
    expect(platformStatus([root(), ...children], newer)).toMatchObject({
      ok: false,
      summary: 'All Applications are healthy, but Git has a newer commit that is not applied',
    });
    const silent = { ...question, newest: { revision: 'main', problem: 'no answer' } };
    const status = platformStatus([root(), ...children], silent);
    expect(status.ok).toBe(true);
    expect(status.root.git).not.toHaveProperty('current');
  });

  it('names what is missing, and what the root has and the tree has not', () => {
    const old = application(
      'kiali',
      {},
      { annotations: { 'argocd.argoproj.io/tracking-id': 'platform:argoproj.io/Application:argocd/kiali' } },
    );
    const foreign = application('guestbook', {}, { annotations: {} });
    const status = platformStatus([root(), application('argocd'), application('issuer'), old, foreign], question);
    expect(status.missing).toEqual(['istiod']);
    expect(status.orphaned.map(({ name }) => name)).toEqual(['kiali']);
    expect(status.ok).toBe(false);
  });

  it('lists what ApplicationSets made as tenants, which count too', () => {
    const ownerReferences = [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', name: 'tenants' }];
    const tenant = application('tenant-a', { health: { status: 'Degraded' } }, { ownerReferences, annotations: {} });
    const status = platformStatus([root(), ...children, tenant], question);
    expect(status.tenants.map(({ name, stage }) => [name, stage])).toEqual([['tenant-a', 'failed']]);
    expect(status).toMatchObject({ ok: false, summary: '3 of 4 Applications are Synced and Healthy' });
  });

  it('takes leftovers that are kept on purpose for well, and names them', () => {
    const kept = application('istiod', {
      sync: { status: 'OutOfSync', revisions: [commit] },
      resources: [{ kind: 'CustomResourceDefinition', name: 'old', status: 'OutOfSync', requiresPruning: true }],
    });
    const status = platformStatus([root(), application('argocd'), kept, application('issuer')], question);
    expect(status.ok).toBe(true);
    expect(status.waves[1]?.applications[0]?.message).toBe(
      'kept, although no longer in Git: CustomResourceDefinition old',
    );
  });

  it('says that nothing is registered where there is no root', () => {
    expect(platformStatus([], question)).toMatchObject({
      ok: false,
      summary: 'The platform is not registered: there is no root Application',
      root: { stage: 'absent', sync: '', git: { revision: 'main', commit } },
    });
  });
});
