import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../components/component.ts';
import { compare } from './compare.ts';
import type { RenderedApplication } from './pair.ts';

function object(kind: string, name: string, rest: Record<string, unknown> = {}, apiVersion = 'v1'): KubernetesObject {
  return { apiVersion, kind, metadata: { name }, ...rest };
}

function application(name: string, wave: number, ...objects: KubernetesObject[]): RenderedApplication {
  return { name, wave, objects: objects.map((each) => ({ object: each, namespace: 'here' })), cascades: true };
}

const brief = (changes: ReturnType<typeof compare>) =>
  changes.map(({ change, application: name, kind, name: own }) => `${change} ${name} ${kind} ${own}`);
const text = (changes: ReturnType<typeof compare>) =>
  changes.flatMap(({ lines }) => lines.map((line) => `${line.sign}${line.text}`)).join('\n');

describe('comparing what a cluster gets', () => {
  it('goes resource by resource, in the order of the waves', () => {
    const before = [application('late', 2, object('A', 'gone')), application('early', 1, object('A', 'x', { a: 1 }))];
    const after = [application('late', 2, object('A', 'new')), application('early', 1, object('A', 'x', { a: 2 }))];
    expect(brief(compare(before, after))).toEqual(['changed early A x', 'removed late A gone', 'added late A new']);
  });

  it('takes no notice of the order of keys', () => {
    const one = [application('x', 0, { ...object('A', 'a'), b: 1, c: { d: 1, e: 2 } })];
    const other = [application('x', 0, { c: { e: 2, d: 1 }, b: 1, ...object('A', 'a') })];
    expect(compare(one, other)).toEqual([]);
  });

  it('takes a new version of a kind for the same resource, and another group for another', () => {
    const before = [application('x', 0, object('A', 'a', {}, 'g.io/v1beta1'), object('B', 'b', {}, 'g.io/v1'))];
    const after = [application('x', 0, object('A', 'a', {}, 'g.io/v1'), object('B', 'b', {}, 'h.io/v1'))];
    expect(brief(compare(before, after))).toEqual(['changed x A a', 'removed x B b', 'added x B b']);
  });

  it('says when a resource goes over to another Application', () => {
    const moved = compare([application('x', 0, object('A', 'a'))], [application('y', 1, object('A', 'a'))]);
    expect(moved).toMatchObject([{ change: 'changed', application: 'y', movedFrom: 'x' }]);
  });

  it('tells what goes from what stays in the cluster without Git', () => {
    const marked = (name: string, annotations: Record<string, string>): KubernetesObject => ({
      ...object('A', name),
      metadata: { name, annotations },
    });
    const options = 'argocd.argoproj.io/sync-options';
    const objects = [
      object('A', 'plain'),
      marked('no-prune', { [options]: 'Foo=bar, Prune=false' }),
      marked('no-delete', { [options]: 'Delete=false' }),
      marked('helm', { 'helm.sh/resource-policy': 'keep' }),
    ];
    const before = [application('x', 0, object('Application', 'x'), ...objects)];
    const changes = (after: RenderedApplication[], from = before) =>
      Object.fromEntries(compare(from, after).map(({ name, change }) => [name, change]));
    const pruned = { plain: 'removed', 'no-prune': 'kept', 'no-delete': 'removed', helm: 'removed' };
    expect(changes([application('x', 0, object('Application', 'x'))])).toEqual(pruned);
    const deleted = { x: 'removed', plain: 'removed', 'no-prune': 'removed', 'no-delete': 'kept', helm: 'kept' };
    expect(changes([])).toEqual(deleted);
    const preserved = [{ ...application('x', 0, object('Application', 'x'), object('A', 'plain')), cascades: false }];
    expect(changes([], preserved)).toEqual({ x: 'removed', plain: 'kept' });
    expect(compare(preserved, []).map(({ lines }) => lines.length > 0)).toEqual([false, true]);
  });

  it("says which of a Secret's keys come, go or change, and no value", () => {
    const before = [
      application('x', 0, object('Secret', 's', { data: { same: 'AAAA', other: 'BBBB', gone: 'CCCC' } })),
    ];
    const after = [application('x', 0, object('Secret', 's', { data: { same: 'AAAA', other: 'DDDD', come: 'EEEE' } }))];
    const shown = text(compare(before, after));
    expect(shown).not.toMatch(/[A-E]{4}/);
    expect(shown).toMatch(/^ {3}same: "\*\*\*"$/m);
    expect(shown).toMatch(/^\+ {2}come: "\*\*\*"$/m);
    expect(shown).toMatch(/^- {2}gone: "\*\*\*"$/m);
    expect(shown).toMatch(/^\+ {2}other: "\*\*\* \(changed\)"$/m);
  });

  it('masks what looks like a secret in any other kind, up to the end of a key', () => {
    const key = '-----BEGIN RSA PRIVATE KEY-----\nMIIEabcdef\nMIIEghijkl\n-----END RSA PRIVATE KEY-----';
    const token = `ghp_${'a1B2'.repeat(9)}`;
    const shown = text(
      compare([], [application('x', 0, object('ConfigMap', 'c', { data: { key, token, plain: 'seen' } }))]),
    );
    expect(shown).not.toMatch(/MIIE|ghp_/);
    expect(shown).toContain('plain: seen');
  });
});
