import { expect, test } from 'vitest';
import type { LiveApplication } from './applications.ts';
import { createTimeline } from './watch.ts';

const begin = Date.parse('2026-11-25T10:00:00Z');
const commit = 'a'.repeat(40);

function application(name: string, status: LiveApplication['status'], pin = commit): LiveApplication {
  const annotations = { 'argocd.argoproj.io/sync-wave': '3', 'breakwater.dev/revision': pin };
  return {
    metadata: { name, creationTimestamp: '2026-11-25T10:00:05Z', annotations },
    spec: {},
    ...(status === undefined ? {} : { status }),
  };
}

test('an Application that has not started has no times', () => {
  const timeline = createTimeline(begin);
  timeline.look([application('dex', undefined)], begin + 10_000);
  expect(timeline.times()).toEqual([{ name: 'dex', wave: 3 }]);
});

test('Healthy counts from the end of its sync at the earliest, and the first time stays', () => {
  const timeline = createTimeline(begin);
  const healthy = application('dex', {
    sync: { status: 'Synced', revisions: ['', commit] },
    health: { status: 'Healthy', lastTransitionTime: '2026-11-25T10:00:06Z' },
    operationState: { phase: 'Succeeded', startedAt: '2026-11-25T10:00:20Z', finishedAt: '2026-11-25T10:00:30Z' },
  });
  timeline.look([healthy], begin + 40_000);
  timeline.look(
    [{ ...healthy, status: { ...healthy.status, operationState: { startedAt: '2026-11-25T11:00:00Z' } } }],
    begin + 4_000_000,
  );
  expect(timeline.times()).toEqual([{ name: 'dex', wave: 3, firstSync: 20, healthy: 30 }]);
});

test('Healthy at another commit than the pinned one does not count', () => {
  const timeline = createTimeline(begin);
  timeline.look(
    [
      application('dex', {
        sync: { status: 'Synced', revisions: ['b'.repeat(40)] },
        health: { status: 'Healthy' },
        operationState: { phase: 'Succeeded', startedAt: '2026-11-25T10:00:20Z' },
      }),
    ],
    begin + 40_000,
  );
  expect(timeline.times()[0]).not.toHaveProperty('healthy');
});
