import type { KubernetesObject } from '../components/component.ts';
import { yamlText } from '../components/yaml-text.ts';
import { type DiffLine, diffLines, withContext } from './lines.ts';
import { maskPair } from './mask.ts';
import type { Pair, RenderedApplication } from './pair.ts';

/** What happens to one resource of a cluster. */
export interface Change {
  change: 'added' | 'changed' | 'removed';
  application: string;
  wave: number;
  apiVersion: string;
  kind: string;
  /** Empty for cluster-scoped kinds. */
  namespace: string;
  name: string;
  /** The Application that has it before, where another one has it after. */
  movedFrom?: string;
  /** The difference as YAML, secrets masked. */
  lines: readonly DiffLine[];
}

/** How many lines are shown around a change. */
const context = 3;

interface Located {
  object: KubernetesObject;
  namespace: string;
  application: string;
  wave: number;
}

/**
 * Compares what a cluster gets before and after, resource by resource. A resource is the same by group, kind, namespace and
 * name, whichever version or Application it comes by.
 *
 * @returns changes by wave, Application, kind and name
 */
export function compare(before: readonly RenderedApplication[], after: readonly RenderedApplication[]): Change[] {
  const [old, now] = [byIdentity(before), byIdentity(after)];
  const changes: Change[] = [];
  for (const identity of new Set([...old.keys(), ...now.keys()])) {
    const change = changeOf(old.get(identity), now.get(identity));
    if (change !== undefined) changes.push(change);
  }
  return changes.sort(
    (a, b) =>
      a.wave - b.wave ||
      inOrder(a.application, b.application) ||
      inOrder(a.kind, b.kind) ||
      inOrder(a.namespace, b.namespace) ||
      inOrder(a.name, b.name),
  );
}

function byIdentity(applications: readonly RenderedApplication[]): Map<string, Located> {
  const located = new Map<string, Located>();
  for (const { name: application, wave, objects } of applications) {
    for (const { object, namespace } of objects) {
      const group = object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : '';
      const identity = [group, object.kind, namespace, object.metadata.name].join('|');
      const twin = located.has(identity) ? `|${application}` : '';
      located.set(`${identity}${twin}`, { object, namespace, application, wave });
    }
  }
  return located;
}

function changeOf(before: Located | undefined, after: Located | undefined): Change | undefined {
  const there = after ?? before;
  if (there === undefined) return undefined;
  const moved = before !== undefined && after !== undefined && before.application !== after.application;
  if (before !== undefined && after !== undefined && !moved && text(before.object) === text(after.object))
    return undefined;
  const { object, namespace, application, wave } = there;
  return {
    change: before === undefined ? 'added' : after === undefined ? 'removed' : 'changed',
    application,
    wave,
    apiVersion: object.apiVersion,
    kind: object.kind,
    namespace,
    name: object.metadata.name,
    ...(moved ? { movedFrom: before.application } : {}),
    lines: linesOf({
      ...(before === undefined ? {} : { before: before.object }),
      ...(after === undefined ? {} : { after: after.object }),
    }),
  };
}

function linesOf(pair: Pair): DiffLine[] {
  const { before, after } = maskPair(pair);
  const lines = (object: KubernetesObject | undefined) => (object === undefined ? [] : text(object).split('\n'));
  return withContext(diffLines(lines(before), lines(after)), context);
}

/** Keys in one order: charts and kustomize write them in theirs, which says nothing. */
function text(object: KubernetesObject): string {
  return yamlText(sorted(object) as object).replace(/\n$/, '');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => inOrder(a, b))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
