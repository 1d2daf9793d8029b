import type { Api } from './api.ts';
import type { LiveObject } from './live.ts';

/** Target of a gateway route. */
interface Destination {
  /** Full name of a Service in the cluster. */
  host: string;
  port: number;
  /** Whether it has a ready pod. */
  ready: boolean;
}

/** Routes of one gateway, from the cluster's Istio objects. */
export interface Routes {
  /** Services that it routes to, sorted. */
  destinations: readonly Destination[];
  /** Gateway objects that select its pods, as `namespace/name`. */
  gateways: readonly string[];
  /** VirtualServices by Gateway object, both as `namespace/name`. */
  bound: ReadonlyMap<string, readonly string[]>;
  /** All Services with a ready pod, as `name.namespace`. */
  running: ReadonlySet<string>;
}

interface VirtualService extends LiveObject {
  spec?: {
    gateways?: readonly string[];
    http?: readonly { route?: readonly { destination?: { host?: string; port?: { number?: number } } }[] }[];
  };
}

interface Gateway extends LiveObject {
  spec?: { selector?: Record<string, string> };
}

/**
 * Reads the routes that really exist: not those in Git, but everything in the cluster that is bound to the gateway.
 *
 * @param labels labels of the gateway's pods
 */
export async function readRoutes(api: Api, labels: Readonly<Record<string, string>>): Promise<Routes> {
  const { items: gateways } = await api.list<Gateway>('networking.istio.io/v1', 'Gateway');
  const ours = gateways
    .filter(({ spec }) => Object.entries(spec?.selector ?? {}).every(([key, value]) => labels[key] === value))
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  const { items: services } = await api.list<VirtualService>('networking.istio.io/v1', 'VirtualService');
  const running = await runningServices(api);
  const bound = new Map<string, string[]>();
  const destinations = new Map<string, Destination>();
  for (const service of services) {
    const { name, namespace = '' } = service.metadata;
    for (const gateway of gatewaysOf(service).filter((entry) => ours.includes(entry))) {
      bound.set(gateway, [...(bound.get(gateway) ?? []), `${namespace}/${name}`]);
      for (const { host, port } of destinationsOf(service))
        destinations.set(`${host}:${port}`, { host, port, ready: running.has(host.split('.').slice(0, 2).join('.')) });
    }
  }
  return {
    destinations: [...destinations].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, destination]) => destination),
    gateways: ours.sort(),
    bound,
    running,
  };
}

interface EndpointSlice extends LiveObject {
  endpoints?: readonly { conditions?: { ready?: boolean } }[];
}

/** @returns Services with a ready pod, as `name.namespace` */
async function runningServices(api: Api): Promise<Set<string>> {
  const { items } = await api.list<EndpointSlice>('discovery.k8s.io/v1', 'EndpointSlice');
  const ready = items.filter(({ endpoints }) => endpoints?.some(({ conditions }) => conditions?.ready !== false));
  return new Set(
    ready.map(({ metadata }) => `${metadata.labels?.['kubernetes.io/service-name']}.${metadata.namespace}`),
  );
}

function gatewaysOf({ metadata, spec }: VirtualService): string[] {
  return (spec?.gateways ?? []).map((name) => (name.includes('/') ? name : `${metadata.namespace}/${name}`));
}

/** @returns the targets of a VirtualService. Short names are in its own namespace; a Service without a port has only one, usually 80. */
function destinationsOf({ metadata, spec }: VirtualService): { host: string; port: number }[] {
  return (spec?.http ?? []).flatMap(({ route }) =>
    (route ?? []).flatMap(({ destination }) => {
      if (destination?.host === undefined) return [];
      const host = destination.host.includes('.')
        ? destination.host
        : `${destination.host}.${metadata.namespace}.svc.cluster.local`;
      return [{ host, port: destination.port?.number ?? 80 }];
    }),
  );
}
