import { meshNamespace } from '../../components/domain.ts';
import { chartValues } from './merged-values.ts';
import {
  allObjects,
  at,
  children,
  isMap,
  listAt,
  nameOf,
  namespaceOf,
  oncePerTree,
  type ParsedTree,
  type Placed,
  textsAt,
} from './parsed-tree.ts';
import { isComplete, needsOf, workloads } from './pods.ts';
import type { Finding, Rule } from './rule.ts';

/** Made by programs in the cluster, whatever Git says: by `Kind namespace/name`, `*` for any namespace. */
const madeByPrograms: Readonly<Record<string, string>> = {
  'ConfigMap */kube-root-ca.crt': 'Kubernetes',
  'ConfigMap */istio-ca-root-cert': 'istiod',
  'ServiceAccount */default': 'Kubernetes',
  'Secret metallb-system/metallb-memberlist': "MetalLB's controller",
};

function key(kind: string, namespace: string, name: string): string {
  return `${kind} ${namespace}/${name}`;
}

/** Everything of these kinds that somebody makes: the tree, the bootstrap, cert-manager and other makers of Secrets. */
const made = oncePerTree((tree): ReadonlySet<string> => {
  const secretOf = ({ object }: Placed): unknown => {
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
    ...allObjects(tree).flatMap((placed) => {
      const namespace = namespaceOf(placed);
      const secret = secretOf(placed);
      const { kind, metadata } = placed.object;
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

/** Names that people wrote into values of their own: what they mount, they make. Argo CD makes its Redis' password itself. */
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
    'A pod waits without end for a Secret, a ConfigMap or an account that nobody makes, and its wave with it (kubernetes docs, concepts/configuration/secret).',
  needs: 'charts',
  check(tree) {
    if (!isComplete(tree, children(tree))) return [];
    return workloads(tree).flatMap(({ placed, namespace, spec }): Finding[] =>
      needsOf(spec)
        .filter(({ kind, name }) => !isMade(tree, kind, namespace, name))
        .filter(({ name }) => !isOwn(tree, placed.application?.name ?? '', name))
        .map(({ kind, name }) => ({
          file: placed.file,
          path: nameOf(placed.object),
          message: `needs ${kind} ${name}, which nobody makes in ${namespace}`,
        })),
    );
  },
};

/** Where each kind says which pods it is about. */
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
    'A policy or a filter whose selector meets no pod is in force nowhere, and a Service without pods answers nobody (istio docs, reference/config/type/workload-selector).',
  needs: 'charts',
  check(tree) {
    if (!isComplete(tree, children(tree))) return [];
    return allObjects(tree).flatMap((placed): Finding[] => {
      const { object, file } = placed;
      const group = object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : '';
      const path = selectors[`${group}/${object.kind}`];
      const labels = path === undefined ? undefined : at(object, ...path);
      if (!isMap(labels) || Object.keys(labels).length === 0) return [];
      const namespace = namespaceOf(placed);
      // In Istio's root namespace such an object is about the whole mesh.
      const inMesh = namespace === meshNamespace && group !== '';
      const meets = workloads(tree).some(
        (workload) =>
          (object.kind === 'Gateway' || inMesh || workload.namespace === namespace) &&
          Object.entries(labels).every(([label, value]) => workload.labels[label] === value),
      );
      if (meets) return [];
      const wanted = Object.entries(labels).map(([label, value]) => `${label}=${String(value)}`);
      return [{ file, path: `${nameOf(object)} ${path?.join('.')}`, message: `meets no pod: ${wanted.join(', ')}` }];
    });
  },
};

/** Namespaces that the tree makes: what is in them, it knows. */
const ownNamespaces = oncePerTree(
  (tree): ReadonlySet<string> =>
    new Set(allObjects(tree).flatMap(({ object }) => (object.kind === 'Namespace' ? [object.metadata.name] : []))),
);

const principalsExist: Rule = {
  name: 'principals-exist',
  reason:
    'A policy that names an account which is not there admits nobody, or anyone who makes it (istio docs, reference/config/security/authorization-policy).',
  needs: 'charts',
  check(tree) {
    if (!isComplete(tree, children(tree))) return [];
    return allObjects(tree)
      .filter(({ object }) => object.kind === 'AuthorizationPolicy')
      .flatMap((placed) =>
        listAt(placed.object, 'spec', 'rules')
          .flatMap((rule) => listAt(rule, 'from'))
          .flatMap((from) => textsAt(from, 'source', 'principals'))
          .flatMap((principal): Finding[] => {
            const [, namespace = '', account = ''] = /^cluster\.local\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(principal) ?? [];
            if (namespace === '' || isMade(tree, 'ServiceAccount', namespace, account)) return [];
            const caller = (tree.facts?.callers ?? []).some(
              (one) => one.namespace === namespace && one.serviceAccount === account,
            );
            if (caller && !ownNamespaces(tree).has(namespace)) return [];
            return [
              {
                file: placed.file,
                path: nameOf(placed.object),
                message: `admits ${principal}, and there is no such account`,
              },
            ];
          }),
      );
  },
};

const routesMeetServices: Rule = {
  name: 'routes-meet-services',
  reason:
    'A route to a Service or a port that is not there answers 503 (istio docs, ops/common-problems/network-issues).',
  needs: 'charts',
  check(tree) {
    if (!isComplete(tree, children(tree))) return [];
    const services = new Map(
      allObjects(tree)
        .filter(({ object }) => object.kind === 'Service' && !object.apiVersion.includes('/'))
        .map((placed) => [`${namespaceOf(placed)}/${placed.object.metadata.name}`, placed.object] as const),
    );
    return allObjects(tree)
      .filter(({ object }) => object.kind === 'VirtualService')
      .flatMap((placed) =>
        [...listAt(placed.object, 'spec', 'http'), ...listAt(placed.object, 'spec', 'tcp')]
          .flatMap((http) => listAt(http, 'route'))
          .flatMap((target): Finding[] => {
            const host = String(at(target, 'destination', 'host'));
            const [name = '', namespace = namespaceOf(placed), svc] = host.split('.');
            // A name outside the cluster, or a namespace that is not the tree's.
            if ((svc !== undefined && svc !== 'svc') || !ownNamespaces(tree).has(namespace)) return [];
            const service = services.get(`${namespace}/${name}`);
            const number = at(target, 'destination', 'port', 'number');
            const place = { file: placed.file, path: `${nameOf(placed.object)} spec.http` };
            if (service === undefined)
              return [{ ...place, message: `leads to Service ${namespace}/${name}, which is not there` }];
            if (number === undefined || listAt(service, 'spec', 'ports').some((port) => at(port, 'port') === number))
              return [];
            return [
              {
                ...place,
                message: `leads to port ${String(number)} of Service ${namespace}/${name}, which has no such port`,
              },
            ];
          }),
      );
  },
};

/** Namespaces of every cluster, whose accounts Kubernetes makes. */
const foreign = new Set(['kube-system', 'kube-public', 'kube-node-lease']);

const subjectsExist: Rule = {
  name: 'subjects-exist',
  reason:
    'A binding whose account is in another namespace leaves its program without rights, and gives them to anyone who makes that account (kubernetes-sigs/kustomize#1377).',
  needs: 'charts',
  check(tree) {
    if (!isComplete(tree, children(tree))) return [];
    return allObjects(tree)
      .filter(({ object }) => object.kind === 'ClusterRoleBinding' || object.kind === 'RoleBinding')
      .flatMap((placed) =>
        listAt(placed.object, 'subjects')
          .filter((subject) => at(subject, 'kind') === 'ServiceAccount')
          .flatMap((subject): Finding[] => {
            const namespace = String(at(subject, 'namespace') ?? namespaceOf(placed));
            const name = String(at(subject, 'name'));
            if (foreign.has(namespace) || isMade(tree, 'ServiceAccount', namespace, name)) return [];
            const message = `gives rights to account ${namespace}/${name}, which is not there`;
            return [{ file: placed.file, path: nameOf(placed.object), message }];
          }),
      );
  },
};

/** That what one object names is there. */
export const referenceRules: readonly Rule[] = [
  needsAreMade,
  selectorsMeetPods,
  principalsExist,
  routesMeetServices,
  subjectsExist,
];
