import { describe, expect, it } from 'vitest';
import { type Holdings, refusedRemovals, staleEntries } from './removals.ts';

function holds(applications: Record<string, string>, more: { tenants?: string; crds?: string } = {}): Holdings {
  const words = (text = '') => new Set(text.split(' ').filter((word) => word !== ''));
  return {
    applications: new Map(Object.entries(applications).map(([cluster, names]) => [cluster, words(names)])),
    crds: new Map([['prod', words(more.crds)]]),
    tenants: words(more.tenants),
  };
}

const names = (before: Holdings, after: Holdings, named: readonly string[] = [], kinds: readonly string[] = []) =>
  refusedRemovals(before, after, new Set(named), (name) => kinds.includes(name)).flatMap((refusal) => refusal.names);

describe('what a change takes away', () => {
  const before = holds({ prod: 'a b c d e' });

  it('is let through when it is little, and refused when it is more than three Applications of a cluster', () => {
    expect(names(before, holds({ prod: 'd e' }))).toEqual([]);
    expect(names(before, holds({ prod: 'e' }))).toEqual([
      'clusters/prod/a',
      'clusters/prod/b',
      'clusters/prod/c',
      'clusters/prod/d',
    ]);
  });

  it('is let through when all of it is named, and asks for the rest when a part is', () => {
    const after = holds({ prod: 'e' });
    const all = ['a', 'b', 'c', 'd'].map((name) => `clusters/prod/${name}`);
    expect(names(before, after, all)).toEqual([]);
    expect(names(before, after, all.slice(1))).toEqual(['clusters/prod/a']);
    expect(names(before, after, ['clusters/other/a', 'tenants/b'])).toHaveLength(4);
  });

  it('is refused when a whole cluster goes, however small', () => {
    expect(names(holds({ prod: 'a', test: 'a' }), holds({ prod: 'a' }))).toEqual(['clusters/test']);
    expect(names(holds({ prod: 'a', test: 'a' }), holds({ prod: 'a' }), ['clusters/test'])).toEqual([]);
  });

  it("is refused for each tenant, and for each Application or chart's version that takes a CRD away", () => {
    expect(names(holds({}, { tenants: 'red blue' }), holds({}, { tenants: 'blue' }))).toEqual(['tenants/red']);
    expect(names(before, holds({ prod: 'b c d e' }), [], ['a'])).toEqual(['clusters/prod/a']);
    const dropped = [holds({ prod: 'a' }, { crds: 'x.io y.io' }), holds({ prod: 'a' }, { crds: 'y.io' })] as const;
    expect(names(...dropped)).toEqual(['clusters/prod/x.io']);
    expect(names(...dropped, ['clusters/prod/x.io'])).toEqual([]);
  });

  it('is not asked for twice: who named the Application named its CRDs', () => {
    const after = holds({ prod: 'b c d e' });
    expect(names(holds({ prod: 'a b c d e' }, { crds: 'x.io' }), after, ['clusters/prod/a'], ['a'])).toEqual([]);
  });
});

describe('an entry that stays', () => {
  it('is found when it names what still exists, since it would allow the next deletion unseen', () => {
    const now = holds({ prod: 'a' }, { tenants: 'red', crds: 'x.io' });
    const entries = [
      'clusters/prod',
      'clusters/prod/a',
      'clusters/prod/b',
      'clusters/prod/x.io',
      'tenants/red',
      'tenants/old',
    ];
    expect(staleEntries(new Set(entries), now)).toEqual([
      'clusters/prod',
      'clusters/prod/a',
      'clusters/prod/x.io',
      'tenants/red',
    ]);
  });
});
