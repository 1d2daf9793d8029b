import { groupOf, type KubernetesObject } from '../components/component.ts';
import { yamlText } from '../components/yaml-text.ts';
import { type DiffLine, diffLines, withContext } from './lines.ts';
import { maskPair } from './mask.ts';
import type { Pair, RenderedApplication } from './pair.ts';

/** What happens to one resource of a cluster. */
export interface Change {
  /** kept: it is no longer in Git but stays in the cluster, where nothing manages it. */
  change: 'added' | 'changed' | 'removed' | 'kept';
  application: string;
  wave: number;
  apiVersion: string;
  kind: string;
  /** Empty for cluster-scoped kinds. */
  namespace: string;
  name: string;
  /** Its Application before the change, if another one has it afterwards. */
  movedFrom?: string;
  /** The difference as YAML, with secrets masked; empty if it is kept. */
  lines: readonly DiffLine[];
}

/** Unchanged lines shown around a change. */
const context = 3;

interface Located {
  object: KubernetesObject;
  namespace: string;
  application: string;
  wave: number;
  cascades: boolean;
}

/**
 * Compares a cluster's resources before and after, one by one. Group, kind, namespace and name identify a resource, whatever its
 * version or Application.
 *
 * @returns changes by wave, Application, kind and name
 */
export function compare(before: readonly RenderedApplication[], after: readonly RenderedApplication[]): Change[] {
  const [old, now] = [byIdentity(before), byIdentity(after)];
  const stays = keeper(new Set(after.map(({ name }) => name)));
  const changes: Change[] = [];
  for (const identity of new Set([...old.keys(), ...now.keys()])) {
    const change = changeOf(old.get(identity), now.get(identity), stays);
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
  for (const { name: application, wave, objects, cascades } of applications) {
    for (const { object, namespace } of objects) {
      const identity = [groupOf(object), object.kind, namespace, object.metadata.name].join('|');
      const twin = located.has(identity) ? `|${application}` : '';
      located.set(`${identity}${twin}`, { object, namespace, application, wave, cascades });
    }
  }
  return located;
}

type Keeper = (gone: Located) => boolean;

/**
 * Decides which objects stay in the cluster after Git drops them. For an Application that remains, Argo CD prunes all but those with
 * `Prune=false`; for one that is removed, its finalizer deletes all but those with `Delete=false` or Helm's keep policy.
 * https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/
 *
 * @param present names of the Applications after the change
 */
function keeper(present: ReadonlySet<string>): Keeper {
  return ({ object, application, cascades }) => {
    const annotations = object.metadata.annotations ?? {};
    const options = String(annotations['argocd.argoproj.io/sync-options'] ?? '').split(/ *, */);
    // The root prunes the Application object itself.
    const itself = object.kind === 'Application' && object.metadata.name === application;
    if (itself || present.has(application)) return options.includes('Prune=false');
    return !cascades || options.includes('Delete=false') || annotations['helm.sh/resource-policy'] === 'keep';
  };
}

function changeOf(before: Located | undefined, after: Located | undefined, stays: Keeper): Change | undefined {
  const there = after ?? before;
  if (there === undefined) return undefined;
  const moved = before !== undefined && after !== undefined && before.application !== after.application;
  if (before !== undefined && after !== undefined && !moved && text(before.object) === text(after.object))
    return undefined;
  const { object, namespace, application, wave } = there;
  const kept = before !== undefined && after === undefined && stays(before);
  return {
    change: before === undefined ? 'added' : kept ? 'kept' : after === undefined ? 'removed' : 'changed',
    application,
    wave,
    apiVersion: object.apiVersion,
    kind: object.kind,
    namespace,
    name: object.metadata.name,
    ...(moved ? { movedFrom: before.application } : {}),
    lines: kept
      ? []
      : linesOf({
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

/** Sorts keys: their order differs between charts and kustomize, and has no meaning. */
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
