import type { LiveObject } from '../cluster/live.ts';
import { groupOf } from '../components/component.ts';

/** What goes first inside a component: they call programs that are about to go, and would hold up every later deletion. */
const callers = new Set(['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration', 'APIService']);

/** What goes last: programs that take finalizers off their objects need their rights until the objects are gone. */
const builtIn =
  /^(|apps|batch|autoscaling|policy|networking\.k8s\.io|rbac\.authorization\.k8s\.io|apiregistration\.k8s\.io|admissionregistration\.k8s\.io|scheduling\.k8s\.io|storage\.k8s\.io|coordination\.k8s\.io)$/;

/** A component's objects in the order in which they go; namespaces and CRDs have steps of their own. */
export interface Stages {
  callers: readonly LiveObject[];
  custom: readonly LiveObject[];
  rest: readonly LiveObject[];
  /** Data, where that is kept. */
  kept: readonly LiveObject[];
}

/** @returns whether an object is, or takes with it, what people have stored: a Profile owns its user's namespace */
export function isData({ apiVersion, kind }: LiveObject): boolean {
  return kind === 'PersistentVolumeClaim' || (kind === 'Profile' && groupOf({ apiVersion }) === 'kubeflow.org');
}

/** Sorts a component's objects into the order in which they go. Pure. */
export function stagesOf(objects: readonly LiveObject[], { deleteData }: { deleteData: boolean }): Stages {
  const own = objects.filter(({ kind }) => kind !== 'Namespace' && kind !== 'CustomResourceDefinition');
  const kept = deleteData ? [] : own.filter(isData);
  const going = own.filter((object) => !kept.includes(object));
  const isCustom = ({ apiVersion }: LiveObject) => !builtIn.test(groupOf({ apiVersion }));
  return {
    callers: going.filter(({ kind }) => callers.has(kind)),
    custom: going.filter((object) => !callers.has(object.kind) && isCustom(object)),
    rest: going.filter((object) => !callers.has(object.kind) && !isCustom(object)),
    kept,
  };
}

/** @returns as `3 Deployments, 1 Service`, most first */
export function countKinds(objects: readonly LiveObject[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of objects) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts]
    .sort(([a, x], [b, y]) => y - x || a.localeCompare(b))
    .map(([kind, number]) => `${number} ${kind}`)
    .join(', ');
}

/**
 * Says why a namespace stays. Pure.
 *
 * @param content what is in it, as far as it matters
 * @returns the reason; undefined: it goes
 */
export function reasonToKeep(content: {
  claims: readonly LiveObject[];
  foreign: readonly LiveObject[];
}): string | undefined {
  const names = (objects: readonly LiveObject[]) =>
    objects
      .slice(0, 3)
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      .join(', ') + (objects.length > 3 ? ', …' : '');
  if (content.claims.length > 0) return `it contains data (${names(content.claims)})`;
  if (content.foreign.length > 0) return `it contains objects that are not the platform's (${names(content.foreign)})`;
  return undefined;
}
