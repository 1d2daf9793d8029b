import { describe, expect, test } from 'vitest';
import { isSettled, type LiveApplication, unsettled } from './applications.ts';

const commit = 'a'.repeat(40);
const other = 'b'.repeat(40);

function child(
  name: string,
  wave: number,
  pin: string,
  status: Partial<LiveApplication['status']> = {},
): LiveApplication {
  return {
    metadata: {
      name,
      creationTimestamp: '2026-11-25T10:00:00Z',
      annotations: { 'argocd.argoproj.io/sync-wave': String(wave), 'breakwater.dev/revision': pin },
    },
    spec: {},
    status: { sync: { status: 'Synced', revisions: ['v1', pin] }, health: { status: 'Healthy' }, ...status },
  };
}

const root: LiveApplication = {
  metadata: { name: 'platform', creationTimestamp: '2026-11-25T10:00:00Z' },
  spec: {},
  status: { sync: { status: 'Synced', revision: commit }, health: { status: 'Healthy' } },
};

describe('a platform is done with a commit', () => {
  test('when the root has it and every child is Healthy at its pin', () => {
    expect(unsettled([root, child('dex', 3, commit)], 'platform', commit)).toEqual([]);
  });

  test('not while a child is pinned to another one', () => {
    expect(unsettled([root, child('dex', 3, other)], 'platform', commit)).toEqual([
      'dex: Synced, Healthy, at bbbbbbbb',
    ]);
  });

  test('not while the root has not seen it', () => {
    expect(unsettled([root], 'platform', other)).toEqual(['platform: Synced, Healthy, at aaaaaaaa']);
  });

  test('not while something runs; what waits first comes first', () => {
    const running = { operationState: { phase: 'Running', message: 'waiting for healthy state' } };
    const lines = unsettled([child('late', 9, other), child('early', 1, commit, running), root], 'platform', commit);
    expect(lines).toEqual([
      'early: Synced, Healthy, at aaaaaaaa (waiting for healthy state)',
      'late: Synced, Healthy, at bbbbbbbb',
    ]);
  });
});

test('what was compared with another commit than the pinned one is not settled', () => {
  expect(isSettled(child('dex', 3, commit, { sync: { status: 'Synced', revisions: ['v1', other] } }))).toBe(false);
});
