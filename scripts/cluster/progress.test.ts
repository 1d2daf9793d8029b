import { describe, expect, it } from 'vitest';
import type { LiveApplication } from './applications.ts';
import { type ProgressQuestion, progress } from './progress.ts';

const commit = '1111111111111111111111111111111111111111';
const older = '0000000000000000000000000000000000000000';
const now = Date.parse('2026-11-25T00:10:00Z');
const question: ProgressQuestion = {
  root: 'platform',
  namespace: 'argocd',
  waves: [
    { wave: 0, applications: ['argocd'] },
    { wave: 1, applications: ['istiod', 'issuer'] },
  ],
  commit,
  context: 'prod',
  now,
};

type Status = NonNullable<LiveApplication['status']>;

function child(name: string, status: Status = {}, pin = commit): LiveApplication {
  const good: Status = {
    sync: { status: 'Synced', revisions: ['1.2.3', pin] },
    health: { status: 'Healthy' },
    operationState: { phase: 'Succeeded', finishedAt: '2026-11-25T00:08:00Z' },
  };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name,
      namespace: 'argocd',
      annotations: { 'breakwater.dev/revision': pin, 'breakwater.dev/ready-within-seconds': '300' },
    },
    status: { ...good, ...status },
  };
}

function root(status: Status = {}): LiveApplication {
  const good: Status = {
    sync: { status: 'Synced', revision: commit },
    health: { status: 'Healthy' },
    operationState: { phase: 'Succeeded', syncResult: { revision: commit } },
  };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'platform', namespace: 'argocd' },
    status: { ...good, ...status },
  };
}

const syncing = root({
  sync: { status: 'OutOfSync', revision: commit },
  operationState: { phase: 'Running', message: 'waiting for healthy state', syncResult: { revision: commit } },
});
const allGood = [root(), child('argocd'), child('istiod'), child('issuer')];

function lines(applications: readonly LiveApplication[]): string[] {
  return progress(applications, question).waves.map(({ line }) => line);
}

describe('how far the platform is', () => {
  it('is done when all is healthy at the commit', () => {
    expect(progress(allGood, question)).toMatchObject({ done: true, failures: [] });
    expect(lines(allGood)).toEqual(['wave 0: healthy (argocd)', 'wave 1: healthy (istiod, issuer)']);
  });

  it('is not done while anything is missing, old, or not compared with the commit', () => {
    const done = (...applications: LiveApplication[]) => progress(applications, question).done;
    expect(done()).toBe(false);
    expect(done(root())).toBe(false);
    expect(done(root(), child('argocd'), child('istiod'))).toBe(false);
    expect(done(syncing, ...allGood.slice(1))).toBe(false);
    expect(done(...allGood.slice(0, 3), child('issuer', {}, older))).toBe(false);
    const stale = child('issuer', { sync: { status: 'Synced', revisions: ['1.2.3', older] } });
    expect(done(...allGood.slice(0, 3), stale)).toBe(false);
  });

  it('does not wait for what a newer chart dropped and Prune=false keeps', () => {
    const kept = { kind: 'CustomResourceDefinition', name: 'x', status: 'OutOfSync', requiresPruning: true };
    const sync = { status: 'OutOfSync', revisions: ['1.2.3', commit] };
    const done = (resources: (typeof kept)[]) =>
      progress([root(), child('argocd'), child('istiod', { sync, resources }), child('issuer')], question).done;
    expect(done([kept])).toBe(true);
    expect(done([kept, { ...kept, requiresPruning: false }])).toBe(false);
    expect(done([])).toBe(false);
  });

  it('is not done when everything is healthy at an older commit than the pushed one', () => {
    const before = {
      sync: { status: 'Synced', revision: older },
      operationState: { phase: 'Succeeded', syncResult: { revision: older } },
    };
    const found = progress(
      [root(before), child('argocd', {}, older), child('istiod', {}, older), child('issuer', {}, older)],
      question,
    );
    expect(found.done).toBe(false);
    expect(found.line).toBe('platform: Argo CD has not fetched the commit 1111111 yet');
    expect(found.waves[0]?.line).toBe('wave 0: has not started (argocd)');
  });

  it('counts no wave while the root has compared the commit and not begun its sync', () => {
    const compared = root({
      sync: { status: 'OutOfSync', revision: commit },
      operationState: { phase: 'Succeeded', syncResult: { revision: older } },
    });
    const children = ['argocd', 'istiod', 'issuer'].map((name) => child(name, {}, older));
    const { line, done } = progress([compared, ...children], question);
    expect(done).toBe(false);
    expect(line).toContain('0 of 2 waves healthy');
  });

  it('is done when the root has gone on to a newer commit since', () => {
    const newer = '2222222222222222222222222222222222222222';
    const since = root({
      sync: { status: 'Synced', revision: newer },
      operationState: { phase: 'Succeeded', syncResult: { revision: newer } },
      history: [{ revision: commit }, { revision: newer }],
    });
    expect(
      progress([since, child('argocd', {}, newer), child('istiod', {}, newer), child('issuer', {}, newer)], question)
        .done,
    ).toBe(true);
  });

  it('says which wave it is in, and what each of its parts waits for', () => {
    const starting = child('istiod', {
      health: { status: 'Progressing', lastTransitionTime: '2026-11-25T00:08:25Z' },
      resources: [
        {
          group: 'apps',
          kind: 'Deployment',
          namespace: 'istio-system',
          name: 'istiod',
          health: { status: 'Progressing' },
        },
      ],
    });
    const found = progress([syncing, child('argocd'), starting, child('issuer', {}, older)], question);
    expect(found.line).toBe('platform: syncing, 1 of 2 waves healthy');
    expect(found.waves.map(({ line }) => line)).toEqual([
      'wave 0: healthy (argocd)',
      'wave 1: istiod not ready for 95 s of 300 (Deployment istiod), issuer healthy at an older commit, its wave has not started',
    ]);
    expect(found.failures).toEqual([]);
  });

  it('says that a wave has not started while none of its parts exists', () => {
    expect(lines([syncing, child('argocd', { operationState: { phase: 'Running', message: 'applying' } })])).toEqual([
      'wave 0: argocd syncing: applying',
      'wave 1: has not started (istiod, issuer)',
    ]);
  });
});

describe('what goes wrong', () => {
  const failures = (...applications: LiveApplication[]) => progress(applications, question).failures;

  it('is a repository that the root cannot read', () => {
    const broken = root({
      sync: { status: 'Unknown' },
      operationState: {},
      conditions: [{ type: 'ComparisonError', message: 'authentication required' }],
    });
    expect(failures(broken)).toEqual([
      {
        application: 'platform',
        kind: 'comparison',
        message: 'comparison failed: authentication required',
        command: 'kubectl --context prod --namespace argocd describe applications.argoproj.io platform',
      },
    ]);
  });

  it('is a chart that cannot be rendered', () => {
    const broken = child('istiod', {
      sync: { status: 'Unknown' },
      conditions: [{ type: 'ComparisonError', message: 'no such\nchart' }],
    });
    expect(failures(syncing, broken)).toMatchObject([
      { application: 'istiod', kind: 'comparison', message: 'comparison failed: no such chart' },
    ]);
  });

  it('is an object that the cluster refuses, also while Argo CD tries again', () => {
    const resources = [{ kind: 'ClusterIssuer', name: 'platform', status: 'SyncFailed', message: 'denied by policy' }];
    const failed = (phase: string, retryCount: number) =>
      child('issuer', {
        sync: { status: 'OutOfSync', revisions: [commit] },
        operationState: { phase, retryCount, message: 'one or more objects failed', syncResult: { resources } },
      });
    for (const issuer of [failed('Failed', 3), failed('Running', 1)]) {
      expect(failures(syncing, issuer)).toMatchObject([
        {
          application: 'issuer',
          kind: 'sync',
          message: 'the cluster rejected ClusterIssuer platform: denied by policy',
        },
      ]);
    }
    expect(lines([syncing, child('argocd'), failed('Running', 1)])[1]).toContain(
      'syncing, try 2: one or more objects failed',
    );
  });

  it('is something that was deployed and failed, with the command for just that', () => {
    const degraded = child('istiod', {
      health: { status: 'Degraded' },
      resources: [
        { kind: 'Service', name: 'istiod', health: { status: 'Healthy' } },
        {
          group: 'apps',
          kind: 'Deployment',
          namespace: 'istio-system',
          name: 'istiod',
          health: { status: 'Degraded', message: 'exceeded its progress deadline' },
        },
      ],
    });
    expect(failures(syncing, degraded)).toEqual([
      {
        application: 'istiod',
        kind: 'degraded',
        message: 'degraded: Deployment istiod exceeded its progress deadline',
        command: 'kubectl --context prod --namespace istio-system describe deployment.apps istiod',
      },
    ]);
  });

  it('is late when it passes its own time, and is still waited for', () => {
    const slow = child('istiod', {
      health: { status: 'Progressing', lastTransitionTime: '2026-11-25T00:04:00Z' },
      operationState: { phase: 'Succeeded', finishedAt: '2026-11-25T00:04:00Z' },
    });
    expect(failures(syncing, slow)).toMatchObject([
      { application: 'istiod', kind: 'late', message: 'not ready for 360 s of 300' },
    ]);
  });

  it("is the root's own only where no child explains it", () => {
    const refused = root({
      sync: { status: 'OutOfSync', revision: commit },
      operationState: {
        phase: 'Failed',
        message: 'namespace ingress is not permitted in project',
        syncResult: { revision: commit },
      },
    });
    expect(failures(refused)).toMatchObject([
      { application: 'platform', kind: 'sync', message: 'sync failed: namespace ingress is not permitted in project' },
    ]);
    const degraded = child('argocd', { health: { status: 'Degraded', message: 'broken' } });
    expect(failures(refused, degraded).map(({ application }) => application)).toEqual(['argocd']);
  });
});
