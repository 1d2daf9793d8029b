import { clusterLabel } from '../components/domain.ts';
import { fieldManager } from './api.ts';
import type { LiveObject } from './live.ts';

/** Owner of an object, according to the object. */
export type Owner =
  | { kind: 'ours' }
  | { kind: 'application' /** Name of the Argo CD Application. */; name: string }
  | { kind: 'helm' /** Namespace and name of the release. */; release: string }
  | { kind: 'parent' /** As `Deployment web`. */; name: string }
  | { kind: 'manager' /** Its field manager. */; name: string }
  | { kind: 'nobody' };

/** Argo CD's tracking annotation on an Application's objects: `<application>:<group>/<kind>:<namespace>/<name>`. */
export const trackingAnnotation = 'argocd.argoproj.io/tracking-id';

/**
 * Determines an object's owner: an Argo CD Application, a Helm release, a parent, or the program that applied it.
 * Objects from a chart in an Application have Helm's labels, too, so Argo CD's annotation counts first.
 */
export function ownerOf(object: LiveObject): Owner {
  const { labels = {}, annotations = {}, ownerReferences = [], namespace = '' } = object.metadata;
  const tracking = annotations[trackingAnnotation];
  if (tracking !== undefined) return { kind: 'application', name: applicationOf(tracking) };
  // A person has handed it over: Helm's marks on it are of the past.
  if (labels[clusterLabel] !== undefined) return { kind: 'ours' };
  const release = annotations['meta.helm.sh/release-name'];
  if (release !== undefined) {
    return { kind: 'helm', release: `${annotations['meta.helm.sh/release-namespace'] ?? namespace}/${release}` };
  }
  if (appliedByUs(object)) return { kind: 'ours' };
  if (labels['app.kubernetes.io/managed-by'] === 'Helm' || labels['helm.sh/chart'] !== undefined) {
    return { kind: 'helm', release: labels['app.kubernetes.io/instance'] ?? labels['helm.sh/chart'] ?? 'unknown' };
  }
  const parent = ownerReferences[0];
  if (parent !== undefined) return { kind: 'parent', name: `${parent.kind} ${parent.name}` };
  const manager = managers(object)[0];
  return manager === undefined ? { kind: 'nobody' } : { kind: 'manager', name: manager };
}

/** Applications outside Argo CD's namespace are tracked as `<namespace>_<name>`. */
function applicationOf(tracking: string): string {
  const name = tracking.slice(0, tracking.indexOf(':'));
  return name.slice(name.indexOf('_') + 1);
}

/** Field managers of the object itself, not only of its status. */
function managers(object: LiveObject): string[] {
  return (object.metadata.managedFields ?? [])
    .filter(({ subresource, manager }) => (subresource ?? '') === '' && manager !== undefined)
    .map(({ manager }) => manager ?? '');
}

/** @returns whether we applied the object or some of its fields, alone or with others */
export function appliedByUs(object: LiveObject): boolean {
  return managers(object).includes(fieldManager) || object.metadata.labels?.[clusterLabel] !== undefined;
}

/** @returns a display name of the owner, for example `Helm (release argocd/argo-cd)` */
export function describeOwner(owner: Owner): string {
  switch (owner.kind) {
    case 'ours':
      return 'Breakwater';
    case 'application':
      return `the Argo CD Application "${owner.name}"`;
    case 'helm':
      return `Helm (release ${owner.release})`;
    case 'parent':
      return owner.name;
    case 'manager':
      return `"${owner.name}" (its field manager)`;
    case 'nobody':
      return 'an unknown owner';
  }
}
