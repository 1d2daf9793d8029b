import {
  allObjects,
  at,
  isMap,
  listAt,
  namespaceOf,
  oncePerTree,
  type ParsedTree,
  type TreeObject,
} from './parsed-tree.ts';

/** An object that starts pods, with the spec of its pods. */
export interface Workload {
  item: TreeObject;
  namespace: string;
  labels: Readonly<Record<string, string>>;
  spec: unknown;
}

const templates: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};
const controllers = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'];

/** @returns everything in a tree that starts pods */
export const workloads = oncePerTree((tree): readonly Workload[] =>
  allObjects(tree).flatMap((item) => {
    const { kind } = item.object;
    const path = controllers.includes(kind) ? ['spec', 'template'] : templates[kind];
    if (path === undefined) return [];
    const template = at(item.object, ...path);
    const labels = at(template, 'metadata', 'labels');
    return [
      {
        item,
        namespace: namespaceOf(item),
        labels: (isMap(labels) ? labels : {}) as Record<string, string>,
        spec: at(template, 'spec'),
      },
    ];
  }),
);

/** @returns whether the charts and kustomizations of all these Applications are rendered: else an object may merely be unknown */
export function isComplete(
  tree: ParsedTree,
  applications: readonly { name: string; sources: readonly unknown[] }[],
): boolean {
  return (
    tree.rendered !== undefined &&
    applications.every(
      ({ name, sources }) =>
        sources.every((source) => at(source, 'ref') === 'values') || tree.rendered?.has(name) === true,
    )
  );
}

/** An object that a pod needs in order to start. */
export interface NeededObject {
  kind: 'Secret' | 'ConfigMap' | 'ServiceAccount';
  name: string;
}

/** @returns the objects that a pod needs in order to start, without optional ones */
export function needsOf(spec: unknown): NeededObject[] {
  const needs: NeededObject[] = [];
  const add = (kind: NeededObject['kind'], reference: unknown, key = 'name') => {
    const name = at(reference, key);
    if (typeof name === 'string' && name !== '' && at(reference, 'optional') !== true) needs.push({ kind, name });
  };
  for (const volume of listAt(spec, 'volumes')) {
    add('Secret', at(volume, 'secret'), 'secretName');
    add('ConfigMap', at(volume, 'configMap'));
    for (const source of listAt(volume, 'projected', 'sources')) {
      add('Secret', at(source, 'secret'));
      add('ConfigMap', at(source, 'configMap'));
    }
  }
  for (const container of [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')]) {
    for (const variable of listAt(container, 'env')) {
      add('Secret', at(variable, 'valueFrom', 'secretKeyRef'));
      add('ConfigMap', at(variable, 'valueFrom', 'configMapKeyRef'));
    }
    for (const source of listAt(container, 'envFrom')) {
      add('Secret', at(source, 'secretRef'));
      add('ConfigMap', at(source, 'configMapRef'));
    }
  }
  for (const secret of listAt(spec, 'imagePullSecrets')) add('Secret', secret);
  add('ServiceAccount', spec, 'serviceAccountName');
  return needs;
}
