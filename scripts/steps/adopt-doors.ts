import type { Snapshot } from '../cluster/inventory.ts';
import { describeObject, type LiveObject } from '../cluster/live.ts';
import { gatewayNamespace, gatewaySelector, meshNamespace } from '../components/domain.ts';
import { at, isMap, listAt, textsAt } from '../tree/rules/parsed-tree.ts';
import { covers } from './adopt-immutable.ts';
import type { AdoptRow } from './adopt-objects.ts';
import { listed } from './adopt-settings.ts';

/**
 * Finds the doors to what runs: gateways, and Services and Ingresses that lead to Kubeflow past any gateway. Pure.
 *
 * @param platform the platform's namespaces
 * @returns what is open without a login check today, and what becomes of the gateways that are there
 */
export function judgeDoors(
  snapshot: Snapshot,
  platform: ReadonlySet<string>,
  isOurs: (object: LiveObject) => boolean,
): AdoptRow[] {
  const spaces = new Set([
    ...platform,
    ...listed(snapshot, 'Profile.kubeflow.org').map(({ metadata }) => metadata.name),
  ]);
  const rows = [...gateways(snapshot, spaces), ...services(snapshot, spaces), ...ingresses(snapshot, spaces)];
  return rows.filter(({ door }) => door.metadata.namespace !== gatewayNamespace && !isOurs(door)).map(({ row }) => row);
}

interface Door {
  /** What a row is about. */
  door: LiveObject;
  row: AdoptRow;
}

const gatewayKinds = ['Deployment.apps', 'DaemonSet.apps'];

function labelsOf(workload: LiveObject): unknown {
  return at(workload, 'spec', 'template', 'metadata', 'labels');
}

function gateways(snapshot: Snapshot, spaces: ReadonlySet<string>): Door[] {
  const workloads = gatewayKinds
    .flatMap((kind) => listed(snapshot, kind))
    .filter((workload) => workload.metadata.namespace !== gatewayNamespace);
  const rows: Door[] = [];
  for (const gateway of listed(snapshot, 'Gateway.networking.istio.io')) {
    const routes = routesOf(snapshot, gateway).filter((route) => spaces.has(route.metadata.namespace ?? ''));
    const serving = workloads.filter((workload) => covers(labelsOf(workload), at(gateway, 'spec', 'selector')));
    const open = serving.filter((workload) => isReachable(snapshot, workload) && !isChecked(snapshot, workload));
    if (routes.length === 0 || open.length === 0) continue;
    rows.push({
      door: gateway,
      row: {
        lot: 'open today',
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
    ...locked.map((workload): Door => {
      const { namespace, name } = workload.metadata;
      const row: AdoptRow = {
        lot: 'stays yours',
        what: describeObject(workload),
        reason: `it has the label istio=${gatewaySelector.istio}, so the platform's lock refuses all its requests (403) from the wave of istiod on: its routes are never open while they move to the gateway in namespace ${gatewayNamespace}`,
        todo: `Move routes of other programs to a gateway with another label first. When the platform is ready, and DNS leads to it: kubectl -n ${namespace} delete ${workload.kind.toLowerCase()},service ${name}`,
      };
      return { door: workload, row };
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
        (at(policy, 'spec', 'action') === 'CUSTOM' || asksForToken(policy)) &&
        applies(policy, at(policy, 'spec', 'selector', 'matchLabels')),
    ) ||
    listed(snapshot, 'EnvoyFilter.networking.istio.io').some(
      (filter) =>
        JSON.stringify(filter.spec).includes('ext_authz') &&
        applies(filter, at(filter, 'spec', 'workloadSelector', 'labels')),
    )
  );
}

/** A policy that denies requests without a token's principal. */
function asksForToken(policy: LiveObject): boolean {
  return (
    at(policy, 'spec', 'action') === 'DENY' &&
    listAt(policy, 'spec', 'rules').some((rule) =>
      listAt(rule, 'from').some((from) => textsAt(from, 'source', 'notRequestPrincipals').includes('*')),
    )
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

function services(snapshot: Snapshot, spaces: ReadonlySet<string>): Door[] {
  return (
    listed(snapshot, 'Service')
      .filter((service) => spaces.has(service.metadata.namespace ?? '') && isPublic(service))
      // A mesh's gateway is judged by its Gateways.
      .filter(
        (service) => !isMap(at(service, 'spec', 'selector')) || at(service, 'spec', 'selector', 'istio') === undefined,
      )
      .map((service) => ({
        door: service,
        row: {
          lot: 'open today',
          what: describeObject(service),
          reason: `it is of type ${String(at(service, 'spec', 'type'))}: it leads past every gateway, and stays open beside the platform`,
          todo: `kubectl -n ${service.metadata.namespace} patch service ${service.metadata.name} -p '{"spec":{"type":"ClusterIP"}}'`,
        },
      }))
  );
}

function ingresses(snapshot: Snapshot, spaces: ReadonlySet<string>): Door[] {
  return listed(snapshot, 'Ingress.networking.k8s.io')
    .filter(({ metadata: { namespace = '' } }) => spaces.has(namespace))
    .map((ingress) => ({
      door: ingress,
      row: {
        lot: 'open today',
        what: describeObject(ingress),
        reason:
          'it leads past the mesh, and stays open beside the platform; whether its controller asks for a login is not seen here',
        todo: `When the platform is ready: kubectl -n ${ingress.metadata.namespace} delete ingress ${ingress.metadata.name}`,
      },
    }));
}
