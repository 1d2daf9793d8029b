import type { LiveObject } from '../cluster/live.ts';
import { groupOf, type KubernetesObject } from '../components/component.ts';
import { at, isMap, listAt, textsAt } from '../tree/rules/parsed-tree.ts';

/** What keeps the API server from taking our object for one that is there. */
export interface Obstacle {
  /** The field, as in `spec.selector`. */
  field: string;
  reason: string;
  /** The exact command, or what to write. */
  todo: string;
}

/**
 * Finds fields that cannot be changed, and in which the live object differs from ours. Pure.
 *
 * @param placed our object, with its namespace
 */
export function obstaclesOf(placed: KubernetesObject, live: LiveObject): Obstacle[] {
  return (rules[placed.kind] ?? []).flatMap((rule) => rule(placed, live) ?? []);
}

type Rule = (wanted: KubernetesObject, live: LiveObject) => Obstacle | undefined;

const rules: Readonly<Record<string, readonly Rule[]>> = {
  Deployment: [selector],
  DaemonSet: [selector],
  StatefulSet: [selector, serviceName],
  Job: [template],
  RoleBinding: [roleRef],
  ClusterRoleBinding: [roleRef],
  Service: [headless],
  PersistentVolumeClaim: [smaller, storageClass],
  CustomResourceDefinition: [storedVersions, scope],
};

function kubectl({ metadata: { namespace } }: KubernetesObject): string {
  return `kubectl${namespace === undefined ? '' : ` -n ${namespace}`}`;
}

function selector(wanted: KubernetesObject, live: LiveObject): Obstacle | undefined {
  const [ours, theirs] = [wanted, live].map((one) => at(one, 'spec', 'selector', 'matchLabels'));
  if (covers(theirs, ours) && covers(ours, theirs)) return undefined;
  const kind = wanted.kind.toLowerCase();
  const labels = Object.entries(isMap(theirs) ? theirs : {}).map(([key, value]) => `${key}=${value}`);
  const rest = kind === 'deployment' ? 'replicaset' : 'pod';
  return {
    field: 'spec.selector',
    reason: `its selector is ${labels.join(',')}, ours is ${JSON.stringify(ours)}, and a selector never changes`,
    todo: `Right before the bootstrap: ${kubectl(wanted)} delete ${kind} ${wanted.metadata.name} --cascade=orphan. Its pods keep running. Once the new ones are ready: ${kubectl(wanted)} delete ${rest} -l ${labels.join(',')}`,
  };
}

function serviceName(wanted: KubernetesObject, live: LiveObject): Obstacle | undefined {
  if (at(wanted, 'spec', 'serviceName') === at(live, 'spec', 'serviceName')) return undefined;
  return {
    field: 'spec.serviceName',
    reason: 'a StatefulSet never changes its Service',
    todo: `${kubectl(wanted)} delete statefulset ${wanted.metadata.name} --cascade=orphan. Its pods and volumes stay, and the new one takes them.`,
  };
}

function template(wanted: KubernetesObject, live: LiveObject): Obstacle | undefined {
  if (uncovered(at(wanted, 'spec', 'template'), at(live, 'spec', 'template')).length === 0) return undefined;
  return {
    field: 'spec.template',
    reason: 'a Job never changes its pods',
    todo: `${kubectl(wanted)} delete job ${wanted.metadata.name}`,
  };
}

function roleRef(wanted: KubernetesObject, live: LiveObject): Obstacle | undefined {
  if (uncovered(wanted.roleRef, live.roleRef).length === 0) return undefined;
  return {
    field: 'roleRef',
    reason: `it binds ${String(at(live, 'roleRef', 'name'))}, ours binds ${String(at(wanted, 'roleRef', 'name'))}, and a binding never changes its role`,
    todo: `Right before the bootstrap: ${kubectl(wanted)} delete ${wanted.kind.toLowerCase()} ${wanted.metadata.name}`,
  };
}

function headless(wanted: KubernetesObject, live: LiveObject): Obstacle | undefined {
  const isHeadless = (one: KubernetesObject) => at(one, 'spec', 'clusterIP') === 'None';
  if (isHeadless(wanted) === isHeadless(live) || at(wanted, 'spec', 'type') === 'ExternalName') return undefined;
  return {
    field: 'spec.clusterIP',
    reason: 'a Service never changes between headless and not',
    todo: `Right before the bootstrap: ${kubectl(wanted)} delete service ${wanted.metadata.name}`,
  };
}

function smaller(wanted: KubernetesObject, live: LiveObject): Obstacle | undefined {
  const [ours, theirs] = [wanted, live].map((one) =>
    bytes(String(at(one, 'spec', 'resources', 'requests', 'storage') ?? '0')),
  );
  if (ours === undefined || theirs === undefined || ours >= theirs) return undefined;
  return {
    field: 'spec.resources.requests.storage',
    reason: `it has ${String(at(live, 'spec', 'resources', 'requests', 'storage'))}, ours asks for ${String(at(wanted, 'spec', 'resources', 'requests', 'storage'))}, and a volume never shrinks`,
    todo: 'Patch the size to what it has, in overrides/<part>/kustomization.yaml of the cluster (docs/config.md, "Overrides").',
  };
}

function storageClass(wanted: KubernetesObject, live: LiveObject): Obstacle | undefined {
  const [ours, theirs] = [wanted, live].map((one) => at(one, 'spec', 'storageClassName'));
  if (ours === undefined || ours === theirs) return undefined;
  return {
    field: 'spec.storageClassName',
    reason: `its class is ${String(theirs ?? 'none')}, and a volume never changes its class`,
    todo: `Set kubernetes.storageClass to ${String(theirs)}, or remove the key.`,
  };
}

/** https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#upgrade-existing-objects-to-a-new-stored-version */
function storedVersions(wanted: KubernetesObject, live: LiveObject): Obstacle | undefined {
  const versions = listAt(wanted, 'spec', 'versions');
  const known = versions.map((version) => at(version, 'name'));
  const lost = textsAt(live, 'status', 'storedVersions').filter((version) => !known.includes(version));
  if (lost.length === 0) return undefined;
  const { name } = wanted.metadata;
  const stored = versions.find((version) => at(version, 'storage') === true);
  const served = listAt(live, 'spec', 'versions').some((version) => at(version, 'name') === at(stored, 'name'));
  const list = JSON.stringify({ status: { storedVersions: [at(stored, 'name')] } });
  return {
    field: 'spec.versions',
    reason: `objects may be stored as ${lost.join(', ')}, which ours does not have`,
    todo: served
      ? `Store them as ${String(at(stored, 'name'))}: kubectl get ${name} -A -o json | kubectl replace -f -, then kubectl patch crd ${name} --subresource=status --type=merge -p '${list}'`
      : `Upgrade that program to a version that serves ${String(at(stored, 'name'))} first.`,
  };
}

function scope(wanted: KubernetesObject, live: LiveObject): Obstacle | undefined {
  if (at(wanted, 'spec', 'scope') === at(live, 'spec', 'scope')) return undefined;
  return {
    field: 'spec.scope',
    reason: `it is ${String(at(live, 'spec', 'scope'))}, ours is ${String(at(wanted, 'spec', 'scope'))}`,
    todo: `It belongs to another program (group ${String(at(live, 'spec', 'group'))}, ${groupOf(live)}): remove that program first.`,
  };
}

const units: Readonly<Record<string, number>> = { '': 1, K: 1e3, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };
const powers = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'];

function bytes(quantity: string): number | undefined {
  const [, number = '', unit = ''] = /^([0-9.]+)([A-Za-z]*)$/.exec(quantity) ?? [];
  const factor = units[unit] ?? (powers.includes(unit) ? 1024 ** powers.indexOf(unit) : undefined);
  return number === '' || factor === undefined ? undefined : Number(number) * factor;
}

/** @returns true when all that is wanted is there: the API server adds defaults, and other programs their own fields */
export function covers(live: unknown, wanted: unknown): boolean {
  return uncovered(wanted, live).length === 0;
}

/** @returns paths of what is wanted and not there, or different */
export function uncovered(wanted: unknown, live: unknown, path = ''): string[] {
  if (isMap(wanted)) {
    // The server drops fields without a value.
    const entries = Object.entries(wanted).filter(([, value]) => value !== null && !isEmpty(value));
    if (!isMap(live)) return entries.length === 0 ? [] : [path];
    return entries.flatMap(([key, value]) => uncovered(value, live[key], path === '' ? key : `${path}.${key}`));
  }
  if (Array.isArray(wanted)) {
    if (!Array.isArray(live) || live.length !== wanted.length) return [path];
    return wanted.flatMap((value, index) => uncovered(value, live[index], `${path}[${index}]`));
  }
  return wanted === live || String(wanted) === String(live ?? '') ? [] : [path];
}

function isEmpty(value: unknown): boolean {
  return (Array.isArray(value) && value.length === 0) || (isMap(value) && Object.keys(value).length === 0);
}
