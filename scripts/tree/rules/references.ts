import { groupOf } from '../../components/component.ts';
import { meshNamespace } from '../../components/domain.ts';
import { chartValues } from './merged-values.ts';
import {
  allObjects,
  at,
  children,
  isMap,
  listAt,
  namespaceOf,
  ofKind,
  oncePerTree,
  type ParsedTree,
  type TreeObject,
  textsAt,
} from './parsed-tree.ts';
import { isComplete, needsOf, workloads } from './pods.ts';
import { about, type Finding, type Rule } from './rule.ts';

/** Objects that programs in the cluster create: by `Kind namespace/name`, `*` for any namespace. */
const madeByPrograms: Readonly<Record<string, string>> = {
  'ConfigMap */kube-root-ca.crt': 'Kubernetes',
  'ConfigMap */istio-ca-root-cert': 'istiod',
  'ServiceAccount */default': 'Kubernetes',
  'Secret metallb-system/metallb-memberlist': "MetalLB's controller",
};

function key(kind: string, namespace: string, name: string): string {
  return `${kind} ${namespace}/${name}`;
}

/** Everything that the tree, the bootstrap, cert-manager or an operator of Secrets creates. */
const made = oncePerTree((tree): ReadonlySet<string> => {
  const secretOf = ({ object }: TreeObject): unknown => {
    switch (object.kind) {
      case 'Certificate':
        return at(object, 'spec', 'secretName');
      case 'ExternalSecret':
        return at(object, 'spec', 'target', 'name') ?? object.metadata.name;
      case 'SealedSecret':
        return object.metadata.name;
      default:
        return undefined;
    }
  };
  return new Set([
    ...Object.keys(madeByPrograms),
    ...(tree.facts?.secrets ?? []).map(({ namespace, name }) => key('Secret', namespace, name)),
    ...allObjects(tree).flatMap((item) => {
      const namespace = namespaceOf(item);
      const secret = secretOf(item);
      const { kind, metadata } = item.object;
      return [
        ...(['Secret', 'ConfigMap', 'ServiceAccount', 'Service'].includes(kind)
          ? [key(kind, namespace, metadata.name)]
          : []),
        ...(typeof secret === 'string' ? [key('Secret', namespace, secret)] : []),
      ];
    }),
  ]);
});

function isMade(tree: ParsedTree, kind: string, namespace: string, name: string): boolean {
  return made(tree).has(key(kind, namespace, name)) || made(tree).has(key(kind, '*', name));
}

/** Names that users wrote into their own values: they create what they mount. Argo CD creates its Redis password itself. */
function isOwn(tree: ParsedTree, application: string, name: string): boolean {
  if (application === 'argocd') return /^argocd-(redis|secret)$/.test(name);
  const layers = chartValues(tree)
    .filter((chart) => chart.application.name === application)
    .flatMap((chart) => chart.layers);
  return layers.some(({ generated, values }) => !generated && JSON.stringify(values).includes(JSON.stringify(name)));
}

const needsAreMade: Rule = {
  name: 'needs-are-made',
  reason:
    'A pod never starts without its Secret, ConfigMap or account, and its wave never becomes healthy (kubernetes docs, concepts/configuration/secret).',
  needs: 'charts',
  check(tree) {
    if (!isComplete(tree, children(tree))) return [];
    return workloads(tree).flatMap(({ item, namespace, spec }): Finding[] =>
      needsOf(spec)
        .filter(({ kind, name }) => !isMade(tree, kind, namespace, name))
        .filter(({ name }) => !isOwn(tree, item.application?.name ?? '', name))
        .map(({ kind, name }) => about(item, `needs ${kind} ${name}, which nothing creates in ${namespace}`)),
    );
  },
};

/** Where each kind has its pod selector. */
const selectors: Readonly<Record<string, readonly string[]>> = {
  '/Service': ['spec', 'selector'],
  'security.istio.io/AuthorizationPolicy': ['spec', 'selector', 'matchLabels'],
  'security.istio.io/PeerAuthentication': ['spec', 'selector', 'matchLabels'],
  'security.istio.io/RequestAuthentication': ['spec', 'selector', 'matchLabels'],
  'networking.istio.io/EnvoyFilter': ['spec', 'workloadSelector', 'labels'],
  'networking.istio.io/Gateway': ['spec', 'selector'],
};

const selectorsMeetPods: Rule = {
  name: 'selectors-meet-pods',
  reason:
    'A policy or a filter whose selector matches no pod has no effect, and a Service without pods does not answer (istio docs, reference/config/type/workload-selector).',
  needs: 'charts',
  check(tree) {
    if (!isComplete(tree, children(tree))) return [];
    return allObjects(tree).flatMap((item): Finding[] => {
      const { object } = item;
      const group = groupOf(object);
      const path = selectors[`${group}/${object.kind}`];
      const labels = path === undefined ? undefined : at(object, ...path);
      if (!isMap(labels) || Object.keys(labels).length === 0) return [];
      const namespace = namespaceOf(item);
      // In Istio's root namespace such an object applies to the whole mesh.
      const inMesh = namespace === meshNamespace && group !== '';
      const meets = workloads(tree).some(
        (workload) =>
          (object.kind === 'Gateway' || inMesh || workload.namespace === namespace) &&
          Object.entries(labels).every(([label, value]) => workload.labels[label] === value),
      );
      if (meets) return [];
      const selector = Object.entries(labels).map(([label, value]) => `${label}=${String(value)}`);
      return [about(item, `matches no pod: ${selector.join(', ')}`, path?.join('.'))];
    });
  },
};

/** Namespaces that the tree creates, so that it knows what is in them. */
const ownNamespaces = oncePerTree(
  (tree): ReadonlySet<string> => new Set(ofKind(tree, 'Namespace').map(({ object }) => object.metadata.name)),
);

const principalsExist: Rule = {
  name: 'principals-exist',
  reason:
    'A policy for an account that does not exist admits no one, or anyone who creates the account (istio docs, reference/config/security/authorization-policy).',
  needs: 'charts',
  check(tree) {
    if (!isComplete(tree, children(tree))) return [];
    return ofKind(tree, 'AuthorizationPolicy').flatMap((item) =>
      listAt(item.object, 'spec', 'rules')
        .flatMap((rule) => listAt(rule, 'from'))
        .flatMap((from) => textsAt(from, 'source', 'principals'))
        .flatMap((principal): Finding[] => {
          const [, namespace = '', account = ''] = /^cluster\.local\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(principal) ?? [];
          if (namespace === '' || isMade(tree, 'ServiceAccount', namespace, account)) return [];
          const caller = (tree.facts?.callers ?? []).some(
            (one) => one.namespace === namespace && one.serviceAccount === account,
          );
          if (caller && !ownNamespaces(tree).has(namespace)) return [];
          return [about(item, `admits ${principal}, but there is no such account`)];
        }),
    );
  },
};

const routesMeetServices: Rule = {
  name: 'routes-meet-services',
  reason:
    'A route to a Service or a port that does not exist answers 503 (istio docs, ops/common-problems/network-issues).',
  needs: 'charts',
  check(tree) {
    if (!isComplete(tree, children(tree))) return [];
    const services = new Map(
      ofKind(tree, 'Service', '').map(
        (item) => [`${namespaceOf(item)}/${item.object.metadata.name}`, item.object] as const,
      ),
    );
    return ofKind(tree, 'VirtualService').flatMap((item) =>
      [...listAt(item.object, 'spec', 'http'), ...listAt(item.object, 'spec', 'tcp')]
        .flatMap((http) => listAt(http, 'route'))
        .flatMap((target): Finding[] => {
          const host = String(at(target, 'destination', 'host'));
          const [name = '', namespace = namespaceOf(item), svc] = host.split('.');
          // A name outside the cluster, or a namespace outside the tree.
          if ((svc !== undefined && svc !== 'svc') || !ownNamespaces(tree).has(namespace)) return [];
          const service = services.get(`${namespace}/${name}`);
          const number = at(target, 'destination', 'port', 'number');
          if (service === undefined)
            return [about(item, `routes to Service ${namespace}/${name}, which does not exist`, 'spec.http')];
          if (number === undefined || listAt(service, 'spec', 'ports').some((port) => at(port, 'port') === number))
            return [];
          return [
            about(
              item,
              `routes to port ${String(number)} of Service ${namespace}/${name}, which has no such port`,
              'spec.http',
            ),
          ];
        }),
    );
  },
};

/** Namespaces of every cluster, whose accounts Kubernetes creates. */
const foreign = new Set(['kube-system', 'kube-public', 'kube-node-lease']);

const subjectsExist: Rule = {
  name: 'subjects-exist',
  reason:
    'A binding that names the wrong namespace leaves the program without rights, and grants them to anyone who creates that account (kubernetes-sigs/kustomize#1377).',
  needs: 'charts',
  check(tree) {
    if (!isComplete(tree, children(tree))) return [];
    return allObjects(tree)
      .filter(({ object }) => object.kind === 'ClusterRoleBinding' || object.kind === 'RoleBinding')
      .flatMap((item) =>
        listAt(item.object, 'subjects')
          .filter((subject) => at(subject, 'kind') === 'ServiceAccount')
          .flatMap((subject): Finding[] => {
            const namespace = String(at(subject, 'namespace') ?? namespaceOf(item));
            const name = String(at(subject, 'name'));
            if (foreign.has(namespace) || isMade(tree, 'ServiceAccount', namespace, name)) return [];
            const message = `grants rights to account ${namespace}/${name}, which does not exist`;
            return [about(item, message)];
          }),
      );
  },
};

/** Whatever an object refers to exists. */
export const referenceRules: readonly Rule[] = [
  needsAreMade,
  selectorsMeetPods,
  principalsExist,
  routesMeetServices,
  subjectsExist,
];
