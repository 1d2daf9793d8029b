import { describe, expect, it } from 'vitest';
import type { LiveApplication } from './applications.ts';
import { needsRefresh } from './refresh.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const longAgo = '2026-01-01T11:59:00Z';
const justNow = '2026-01-01T11:59:55Z';

function application(status: LiveApplication['status'], operation?: unknown): LiveApplication {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'a', namespace: 'argocd' },
    ...(operation === undefined ? {} : { operation }),
    ...(status === undefined ? {} : { status }),
  };
}

const good = { sync: { status: 'Synced', revision: 'abc' }, health: { status: 'Healthy' } };
const progressing = { ...good, health: { status: 'Progressing' } };

describe('an Application waits for a look', () => {
  it.each<[string, LiveApplication, string?]>([
    ['when it is not healthy and the last look is a while ago', application({ ...progressing, reconciledAt: longAgo })],
    ['when it is out of sync', application({ ...good, sync: { status: 'OutOfSync' }, reconciledAt: longAgo })],
    ['when the root has not seen the commit', application({ ...good, reconciledAt: longAgo }), 'def'],
  ])('%s', (_, waiting, commit) => {
    expect(needsRefresh(waiting, now, commit)).toBe(true);
  });

  it.each<[string, LiveApplication, string?]>([
    ['when it is good', application({ ...good, reconciledAt: longAgo })],
    ['when the root has seen the commit', application({ ...good, reconciledAt: longAgo }), 'abc'],
    ['just after a look', application({ ...progressing, reconciledAt: justNow })],
    ['before the first look', application(progressing)],
    ['without a status', application(undefined)],
    ['while a sync runs', application({ ...progressing, reconciledAt: longAgo, operationState: { phase: 'Running' } })],
    ['while a sync is requested', application({ ...progressing, reconciledAt: longAgo }, { sync: {} })],
  ])('not %s', (_, settled, commit) => {
    expect(needsRefresh(settled, now, commit)).toBe(false);
  });
});
