import { describe, expect, it } from 'vitest';
import type { LiveApplication } from '../applications.ts';
import { type ApplicationEvent, overtakings, passages } from './order.ts';

const one = '1'.repeat(40);
const two = '2'.repeat(40);

function application(name: string, wave: number, pin: string, state: 'syncing' | 'healthy' | 'new'): LiveApplication {
  return {
    metadata: {
      name,
      creationTimestamp: '2026-01-01T00:00:00Z',
      annotations: { 'argocd.argoproj.io/sync-wave': String(wave), 'breakwater.dev/revision': pin },
    },
    spec: {},
    ...(state === 'new'
      ? {}
      : {
          status: {
            sync: { status: 'Synced', revisions: ['1.0.0', pin] },
            health: { status: state === 'healthy' ? 'Healthy' : 'Progressing' },
            operationState: { phase: state === 'healthy' ? 'Succeeded' : 'Running' },
          },
        }),
  };
}

function record(...states: [string, number, string, 'syncing' | 'healthy' | 'new'][]): ApplicationEvent[] {
  return states.map(([name, wave, pin, state], at) => ({ at, application: application(name, wave, pin, state) }));
}

describe('the order of waves in a record of a watch', () => {
  it('is kept when each wave is reached after the one before was healthy', () => {
    const events = record(
      ['a', 0, one, 'new'],
      ['a', 0, one, 'syncing'],
      ['a', 0, one, 'healthy'],
      ['b', 1, one, 'new'],
      ['b', 1, one, 'healthy'],
    );
    expect(passages(events)).toEqual([
      { name: 'a', wave: 0, commit: one, reached: 0, syncing: 1, healthy: 2 },
      { name: 'b', wave: 1, commit: one, reached: 3, healthy: 4 },
    ]);
    expect(overtakings(passages(events), [one, two])).toEqual([]);
  });

  it('is broken by an application that is reached too early', () => {
    const events = record(['a', 0, one, 'new'], ['b', 1, one, 'new'], ['a', 0, one, 'healthy']);
    expect(overtakings(passages(events), [one, two]).map(({ early, late }) => [early.name, late.name])).toEqual([
      ['b', 'a'],
    ]);
  });

  it('is broken when one of an earlier wave never was healthy at that commit', () => {
    const events = record(
      ['a', 0, one, 'healthy'],
      ['b', 1, one, 'healthy'],
      ['a', 0, two, 'syncing'],
      ['b', 1, two, 'new'],
    );
    expect(overtakings(passages(events), [one, two]).map(({ commit, early }) => [commit, early.name])).toEqual([
      [two, 'b'],
    ]);
  });

  it('is not judged by commits that were there before the watch', () => {
    const events = record(['b', 1, one, 'healthy'], ['a', 0, one, 'healthy']);
    expect(overtakings(passages(events), [two])).toEqual([]);
  });

  it('does not mind the order within a wave', () => {
    const events = record(
      ['a', 1, one, 'new'],
      ['b', 1, one, 'new'],
      ['b', 1, one, 'healthy'],
      ['a', 1, one, 'healthy'],
    );
    expect(overtakings(passages(events), [one, two])).toEqual([]);
  });

  it('does not take what was compared with another commit for healthy', () => {
    const stale = application('a', 0, two, 'healthy');
    const events = record(['a', 0, one, 'healthy']);
    events.push({
      at: 1,
      application: { ...stale, status: { ...stale.status, sync: { status: 'Synced', revision: one } } },
    });
    expect(passages(events).find(({ commit }) => commit === two)?.healthy).toBeUndefined();
  });
});
