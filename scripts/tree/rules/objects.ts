import { groupOf } from '../../components/component.ts';
import { oldNames } from '../../components/kubeflow/old-names.ts';
import { skipMark } from '../directory-source.ts';
import { allObjects, at, children, folderOf, listAt, namespaceOf, nestedIn, objectsOf, ofKind } from './parsed-tree.ts';
import { about, type Rule } from './rule.ts';

const readable: Rule = {
  name: 'readable',
  reason: 'Argo CD rejects a whole folder for one file that is not YAML (argoproj/argo-cd#24874).',
  check: (tree) =>
    [...tree.files].flatMap(([file, { problem }]) => (problem === undefined ? [] : [{ file, message: problem }])),
};

const nothingIsSkipped: Rule = {
  name: 'nothing-is-skipped',
  reason:
    'Argo CD skips a manifest with this text anywhere in it, even in a description (argo-cd docs, user-guide/directory).',
  check: (tree) =>
    [...tree.files]
      .filter(([file, { text }]) => file.startsWith(`${folderOf(tree)}/manifests/`) && text.includes(skipMark))
      .map(([file]) => ({ file, message: `must not contain "${skipMark}"` })),
};

const oneOwner: Rule = {
  name: 'one-owner',
  reason: 'Two Applications that manage the same object keep fighting over it (argoproj/argo-cd#24150).',
  check(tree) {
    const owners = new Map<string, { name: string; file: string }>();
    return allObjects(tree).flatMap((item) => {
      const { file, object, application } = item;
      const key = [groupOf(object), object.kind, namespaceOf(item), object.metadata.name].join(' ');
      const owner = owners.get(key);
      const name = application?.name ?? 'the root';
      if (owner === undefined) {
        owners.set(key, { name, file });
        return [];
      }
      const other = owner.name === name ? `${name} already has it (${owner.file})` : `${owner.name} has it, too`;
      return [about(item, other)];
    });
  },
};

const replicasOrAutoscaler: Rule = {
  name: 'replicas-or-autoscaler',
  reason: 'Argo CD and the autoscaler keep overwriting the same field (argo-cd docs, user-guide/best_practices).',
  check: (tree) =>
    children(tree).flatMap((application) => {
      const objects = objectsOf(tree, application);
      const scaled = new Set(
        objects
          .filter(({ object }) => object.kind === 'HorizontalPodAutoscaler')
          .map((item) => {
            const target = at(item.object, 'spec', 'scaleTargetRef');
            return `${String(at(target, 'kind'))} ${namespaceOf(item)}/${String(at(target, 'name'))}`;
          }),
      );
      return objects
        .filter((item) => scaled.has(`${item.object.kind} ${namespaceOf(item)}/${item.object.metadata.name}`))
        .filter(({ object }) => at(object, 'spec', 'replicas') !== undefined)
        .map((item) => about(item, 'is set by an autoscaler: remove it', 'spec.replicas'));
    }),
};

const metricsOrder = ['ContainerResource', 'Resource', 'Pods', 'Object', 'External'];

const metricsInOrder: Rule = {
  name: 'metrics-in-order',
  reason:
    'Kubernetes returns metrics in its own order, so another order in Git stays OutOfSync (argo-cd docs, user-guide/best_practices).',
  check: (tree) =>
    ofKind(tree, 'HorizontalPodAutoscaler')
      .filter(({ object }) => {
        const places = listAt(object, 'spec', 'metrics').map((metric) =>
          metricsOrder.indexOf(String(at(metric, 'type'))),
        );
        return places.some((place, index) => index > 0 && place < (places[index - 1] ?? 0));
      })
      .map((item) => about(item, `must be in this order: ${metricsOrder.join(', ')}`, 'spec.metrics')),
};

const noOldNames: Rule = {
  name: 'no-old-names',
  reason:
    "A page whose route or policy still names Kubeflow's own gateway or its account is unreachable behind the platform's gateway, or open to others (kubeflow/kubeflow#7032).",
  check: (tree) =>
    allObjects(tree)
      .filter(({ object }) => object.kind !== 'CustomResourceDefinition' && object.kind !== 'Application')
      .flatMap((item) =>
        nestedIn(item.object).flatMap(({ path, value }) => {
          const old = typeof value === 'string' ? oldNames.find(({ text }) => value.includes(text)) : undefined;
          // Knative and KServe document their settings under _example, which no program reads.
          if (old === undefined || path === 'data._example') return [];
          return [about(item, `names "${old.text}", ${old.why}`, path)];
        }),
      ),
};

/** The objects themselves, whichever Application applies them. */
export const objectRules: readonly Rule[] = [
  readable,
  nothingIsSkipped,
  oneOwner,
  replicasOrAutoscaler,
  metricsInOrder,
  noOldNames,
];
