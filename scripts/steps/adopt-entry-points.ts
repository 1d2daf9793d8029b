import type { Snapshot } from '../cluster/inventory.ts';
import { describeObject, type LiveObject } from '../cluster/live.ts';
import { gatewayNamespace, gatewaySelector, meshNamespace } from '../components/domain.ts';
import { at, isMap, listAt, textsAt } from '../tree/rules/parsed-tree.ts';
import { covers } from './adopt-immutable.ts';
import type { AdoptRow } from './adopt-objects.ts';
import { listed } from './adopt-settings.ts';

/**
 * Finds the entry points to what runs: gateways, and Services, Ingresses and routes of other gateways that lead to Kubeflow past them. Pure.
 *
 * @param platform the platform's namespaces
 * @returns what is open without a login check today, and what becomes of the gateways that are there
 */
export function judgeEntryPoints(
  snapshot: Snapshot,
  platform: ReadonlySet<string>,
  isOurs: (object: LiveObject) => boolean,
): AdoptRow[] {
  const spaces = new Set([
    ...platform,
    ...listed(snapshot, 'Profile.kubeflow.org').map(({ metadata }) => metadata.name),
  ]);
  const rows = [...gateways(snapshot, spaces), ...services(snapshot, spaces), ...routesPastTheMesh(snapshot, spaces)];
  return rows
    .filter(({ object }) => object.metadata.namespace !== gatewayNamespace && !isOurs(object))
    .map(({ row }) => row);
}

interface EntryPoint {
  /** What a row is about. */
  object: LiveObject;
  row: AdoptRow;
}

const gatewayKinds = ['Deployment.apps', 'DaemonSet.apps'];

function labelsOf(workload: LiveObject): unknown {
  return at(workload, 'spec', 'template', 'metadata', 'labels');
}

function gateways(snapshot: Snapshot, spaces: ReadonlySet<string>): EntryPoint[] {
  const workloads = gatewayKinds
    .flatMap((kind) => listed(snapshot, kind))
    .filter((workload) => workload.metadata.namespace !== gatewayNamespace);
  const rows: EntryPoint[] = [];
  for (const gateway of listed(snapshot, 'Gateway.networking.istio.io')) {
    const routes = routesOf(snapshot, gateway).filter((route) => spaces.has(route.metadata.namespace ?? ''));
    const serving = workloads.filter((workload) => covers(labelsOf(workload), at(gateway, 'spec', 'selector')));
    const open = serving.filter((workload) => isReachable(snapshot, workload) && !isChecked(snapshot, workload));
    if (routes.length === 0 || open.length === 0) continue;
    rows.push({
      object: gateway,
      row: {
        fate: 'open today',
        what: `${describeObject(gateway)} on ${open.map(describeObject).join(', ')}`,
        reason: `no policy or filter asks for a login there, and it serves ${routes.map(describeObject).join(', ')}`,
        todo: open
          .map(
            ({ kind, metadata }) =>
              `Close it now: kubectl -n ${metadata.namespace} ${kind === 'Deployment' ? `scale deployment ${metadata.name} --replicas=0` : `delete ${kind.toLowerCase()} ${metadata.name}`}`,
          )
          .join('; '),
      },
    });
  }
  const locked = workloads.filter((workload) => covers(labelsOf(workload), gatewaySelector));
  return [
    ...rows,
    ...locked.map((workload): EntryPoint => {
      const { namespace, name } = workload.metadata;
      const row: AdoptRow = {
        fate: 'stays yours',
        what: describeObject(workload),
        reason: `it has the label istio=${gatewaySelector.istio}, so the platform's lock refuses all its requests (403) from the wave of istiod on: its routes are never open while they move to the gateway in namespace ${gatewayNamespace}`,
        todo: `Move routes of other programs to a gateway with another label first. When the platform is ready, and DNS leads to it: kubectl -n ${namespace} delete ${workload.kind.toLowerCase()},service ${name}`,
      };
      return { object: workload, row };
    }),
  ];
}

/** @returns the routes that are bound to a Gateway */
function routesOf(snapshot: Snapshot, { metadata }: LiveObject): LiveObject[] {
  return listed(snapshot, 'VirtualService.networking.istio.io').filter((route) =>
    textsAt(route, 'spec', 'gateways').some(
      (name) =>
        (name.includes('/') ? name : `${route.metadata.namespace}/${name}`) ===
        `${metadata.namespace}/${metadata.name}`,
    ),
  );
}

/** Whether some policy or filter asks about each request at a workload; what it answers is not looked at. */
function isChecked(snapshot: Snapshot, workload: LiveObject): boolean {
  const applies = (object: LiveObject, labels: unknown) =>
    [workload.metadata.namespace, meshNamespace].includes(object.metadata.namespace) &&
    (labels === undefined || covers(labelsOf(workload), labels));
  return (
    listed(snapshot, 'AuthorizationPolicy.security.istio.io').some(
      (policy) =>
        asks(policy) &&
        listAt(policy, 'spec', 'targetRefs').length === 0 &&
        applies(policy, at(policy, 'spec', 'selector', 'matchLabels')),
    ) ||
    listed(snapshot, 'EnvoyFilter.networking.istio.io').some(
      (filter) =>
        JSON.stringify(filter.spec).includes('ext_authz') &&
        applies(filter, at(filter, 'spec', 'workloadSelector', 'labels')),
    )
  );
}

/** Whether a policy asks an external check, or denies requests without a token's principal. */
function asks(policy: LiveObject): boolean {
  return (
    at(policy, 'spec', 'action') === 'CUSTOM' ||
    (at(policy, 'spec', 'action') === 'DENY' &&
      listAt(policy, 'spec', 'rules').some((rule) =>
        listAt(rule, 'from').some((from) => textsAt(from, 'source', 'notRequestPrincipals').includes('*')),
      ))
  );
}

/** Whether it runs, and a Service leads to it from outside. */
function isReachable(snapshot: Snapshot, workload: LiveObject): boolean {
  if (at(workload, 'spec', 'replicas') === 0) return false;
  return listed(snapshot, 'Service').some(
    (service) =>
      service.metadata.namespace === workload.metadata.namespace &&
      isPublic(service) &&
      covers(labelsOf(workload), at(service, 'spec', 'selector')),
  );
}

function isPublic(service: LiveObject): boolean {
  return ['LoadBalancer', 'NodePort'].includes(String(at(service, 'spec', 'type')));
}

function services(snapshot: Snapshot, spaces: ReadonlySet<string>): EntryPoint[] {
  return (
    listed(snapshot, 'Service')
      .filter((service) => spaces.has(service.metadata.namespace ?? '') && isPublic(service))
      // A mesh's gateway is judged by its Gateways.
      .filter(
        (service) => !isMap(at(service, 'spec', 'selector')) || at(service, 'spec', 'selector', 'istio') === undefined,
      )
      .map((service) => ({
        object: service,
        row: {
          fate: 'open today',
          what: describeObject(service),
          reason: `it is of type ${String(at(service, 'spec', 'type'))}: it leads past every gateway, and stays open beside the platform`,
          todo: `kubectl -n ${service.metadata.namespace} patch service ${service.metadata.name} -p '{"spec":{"type":"ClusterIP"}}'`,
        },
      }))
  );
}

/** Kinds by which other gateways than the mesh's lead to Services, with the plural that kubectl takes. */
const otherRoutes: Readonly<Record<string, string>> = {
  'Ingress.networking.k8s.io': 'ingress',
  'Route.route.openshift.io': 'routes.route.openshift.io',
  'IngressRoute.traefik.io': 'ingressroutes.traefik.io',
  ...Object.fromEntries(
    ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute'].map((kind) => [
      `${kind}.gateway.networking.k8s.io`,
      `${kind.toLowerCase()}s.gateway.networking.k8s.io`,
    ]),
  ),
};

/** Kinds that entry points are recognised by, apart from the mesh's own. */
export const entryPointKinds: readonly string[] = Object.keys(otherRoutes);

function routesPastTheMesh(snapshot: Snapshot, spaces: ReadonlySet<string>): EntryPoint[] {
  return Object.entries(otherRoutes).flatMap(([kind, plural]) =>
    listed(snapshot, kind)
      .filter((route) => leadsInto(route, spaces) && !isCheckedAtGateway(snapshot, route))
      .map((route) => ({
        object: route,
        row: {
          fate: 'open today',
          what: describeObject(route),
          reason:
            "it leads past the platform's gateway, and stays open beside the platform; whether its controller asks for a login is not seen here",
          todo: `When the platform is ready: kubectl -n ${route.metadata.namespace} delete ${plural} ${route.metadata.name}`,
        },
      })),
  );
}

/** Whether a route leads into one of the namespaces: from there, or from elsewhere by a reference. A Service as parent is the mesh's own traffic. */
function leadsInto(route: LiveObject, spaces: ReadonlySet<string>): boolean {
  const parents = listAt(route, 'spec', 'parentRefs');
  if (parents.length > 0 && parents.every((parent) => at(parent, 'kind') === 'Service')) return false;
  const backends = [
    ...listAt(route, 'spec', 'rules').flatMap((rule) => listAt(rule, 'backendRefs')),
    ...listAt(route, 'spec', 'routes').flatMap((rule) => listAt(rule, 'services')),
  ];
  return [route.metadata.namespace, ...backends.map((backend) => at(backend, 'namespace'))].some(
    (namespace) => typeof namespace === 'string' && spaces.has(namespace),
  );
}

/** Whether Istio asks about each request at all Gateways of a route. */
function isCheckedAtGateway(snapshot: Snapshot, route: LiveObject): boolean {
  const parents = listAt(route, 'spec', 'parentRefs');
  const policies = listed(snapshot, 'AuthorizationPolicy.security.istio.io').filter(asks);
  return (
    parents.length > 0 &&
    parents.every((parent) => {
      const namespace = at(parent, 'namespace') ?? route.metadata.namespace;
      return policies.some(
        (policy) =>
          policy.metadata.namespace === namespace &&
          listAt(policy, 'spec', 'targetRefs').some(
            (target) => at(target, 'kind') === 'Gateway' && at(target, 'name') === at(parent, 'name'),
          ),
      );
    })
  );
}
