import {
  allObjects,
  at,
  children,
  isMap,
  listAt,
  nestedIn,
  ofKind,
  optionsOf,
  type ParsedTree,
} from './parsed-tree.ts';
import { isComplete } from './pods.ts';
import { about, type Rule } from './rule.ts';

const autoscalersHaveMetrics: Rule = {
  name: 'autoscalers-have-metrics',
  reason:
    'Without a metrics server Argo CD reports an autoscaler as Degraded, and its wave never becomes healthy (argo-cd docs, operator-manual/health).',
  needs: 'charts',
  check(tree) {
    const served = allObjects(tree).some(
      ({ object }) => object.kind === 'APIService' && object.metadata.name.endsWith('.metrics.k8s.io'),
    );
    if (served || tree.facts?.metricsServer !== false) return [];
    const message =
      'needs a metrics server: switch the autoscaler off, or set kubernetes.metricsServer: true in cluster.yaml if the cluster has one';
    return ofKind(tree, 'HorizontalPodAutoscaler').map((item) => about(item, message));
  },
};

const partOf = 'app.kubernetes.io/part-of';

/** Values of the label on namespaces: those of the tree, and those that a controller reads from a ConfigMap. */
function partsOfNamespaces(tree: ParsedTree): Set<string> {
  const fromController = new RegExp(`${partOf}: *['"]?([\\w.-]+)`, 'g');
  return new Set(
    allObjects(tree).flatMap(({ object }) => {
      if (object.kind === 'Namespace') return [object.metadata.labels?.[partOf] ?? ''];
      if (object.kind !== 'ConfigMap') return [];
      return Object.values(isMap(object.data) ? object.data : {}).flatMap((text) =>
        [...String(text).matchAll(fromController)].map(([, value = '']) => value),
      );
    }),
  );
}

/** The values of the label that a selector accepts; undefined where it does not ask for it. */
function selectedParts(selector: unknown): string[] | undefined {
  const label = at(selector, 'matchLabels', partOf);
  if (typeof label === 'string') return [label];
  const expression = listAt(selector, 'matchExpressions').find(
    (one) => at(one, 'key') === partOf && at(one, 'operator') === 'In',
  );
  return expression === undefined ? undefined : listAt(expression, 'values').map(String);
}

const partsMeetNamespaces: Rule = {
  name: 'parts-meet-namespaces',
  reason:
    "Kubeflow's webhooks and network policies select profiles by this label; if no namespace has it, they have no effect (kubeflow/dashboard, profile-controller, setNamespaceLabels).",
  needs: 'charts',
  check(tree) {
    if (!isComplete(tree, children(tree))) return [];
    const parts = partsOfNamespaces(tree);
    return allObjects(tree)
      .filter(({ object }) => object.kind === 'NetworkPolicy' || object.kind.endsWith('WebhookConfiguration'))
      .flatMap((item) =>
        nestedIn(item.object)
          .filter(({ path }) => path.endsWith('namespaceSelector'))
          .flatMap(({ path, value }) => {
            const selected = selectedParts(value);
            if (selected === undefined || selected.some((part) => parts.has(part))) return [];
            return [about(item, `no namespace has the label ${partOf}: ${selected.join(' or ')}`, path)];
          }),
      );
  },
};

const claimsAreKept: Rule = {
  name: 'claims-are-kept',
  reason:
    'Deleting a PersistentVolumeClaim deletes its data, so it must survive a prune and the deletion of its Application (argo-cd docs, user-guide/sync-options).',
  check: (tree) =>
    ofKind(tree, 'PersistentVolumeClaim')
      .filter(({ object }) => {
        const options = optionsOf(object, 'argocd.argoproj.io/sync-options');
        return !['Prune=false', 'Delete=false'].every((option) => options.includes(option));
      })
      .map((item) => about(item, 'needs the annotation argocd.argoproj.io/sync-options: Prune=false,Delete=false')),
};

/** What the objects need from the cluster, and what must survive when a part is switched off. */
export const clusterNeedRules: readonly Rule[] = [autoscalersHaveMetrics, partsMeetNamespaces, claimsAreKept];
