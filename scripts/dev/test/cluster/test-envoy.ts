import { accessFilter } from '../../../components/apps/access.ts';
import { errorPages } from '../../../components/branding/gateway-errors.ts';
import { gatewayLock, loginChecks } from '../../../components/gate.ts';
import { edgeFilters } from '../../../components/gateway-filters.ts';
import { checkPrefix } from '../../../components/identity.ts';
import { groupHeaders } from '../../../components/tenant-groups.ts';
import { at, listAt, valuesOf } from '../../../tree/rules/parsed-tree.ts';
import { askingOf, denialOf } from './istio-policy.ts';
import type { Scenario } from './scenarios.ts';
import { virtualHosts } from './test-routes.ts';

/** The hosts of the scenario: the platform's, one that an app has of its own, and the one that users' code may have. */
export const platform = 'platform.example.com';
export const own = `metrics.${platform}`;
export const userCode = `apps.${platform}`;

/** What someone takes out of the gateway: one object each. */
export const lost = ['nothing', 'check', 'edge', 'lock'] as const;
export type Lost = (typeof lost)[number];

const types = 'type.googleapis.com/envoy';

/** Where everything listens, beside Envoy itself. */
export interface Ports {
  dex: number;
  proxy: number;
  echo: number;
  sidecar: number;
  proxySidecar: number;
  /** The OAuth2 Proxy for users' code, and its sidecar. */
  appsProxy: number;
  appsProxySidecar: number;
}

/**
 * Envoy's settings with the filters of the tree. istiod's part, from objects to settings, is written out here.
 *
 * @param listeners ports of the gateway, whole and without each of its parts
 * @param admin port of Envoy's own interface
 */
export function envoySettings(
  scenario: Scenario,
  listeners: Record<Lost, number>,
  admin: number,
  ports: Ports,
): object {
  const address = (number: number) => ({ socket_address: { address: '127.0.0.1', port_value: number } });
  const cluster = (name: keyof Ports) => ({
    name,
    type: 'STATIC',
    connect_timeout: '5s',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(ports[name]) } }] }],
    },
  });
  const listener = (name: string, number: number, filter: object) => ({
    name,
    address: address(number),
    filter_chains: [{ filters: [filter] }],
  });
  return {
    admin: { address: address(admin) },
    layered_runtime: {
      layers: [{ name: 'mesh', static_layer: at(meshConfig(scenario), 'defaultConfig', 'runtimeValues') }],
    },
    static_resources: {
      clusters: [...(Object.keys(ports) as (keyof Ports)[]).map(cluster), { name: 'gone', type: 'STATIC' }],
      listeners: [
        ...lost.map((without) =>
          listener(`without ${without}`, listeners[without], connectionManager(scenario, without)),
        ),
        listener('sidecar', ports.sidecar, sidecar('echo')),
        listener('proxySidecar', ports.proxySidecar, sidecar('proxy')),
        listener('appsProxySidecar', ports.appsProxySidecar, sidecar('appsProxy')),
      ],
    },
  };
}

function connectionManager(scenario: Scenario, without: Lost): object {
  const { cluster } = scenario;
  const edge = filtersOf(edgeFilters(cluster));
  const ofApps = [...cluster.runningApps.map((app) => accessFilter(cluster, app)), groupHeaders(cluster)];
  const keep = ({ part, filters }: { part: Lost; filters: unknown[] }) => (part === without ? [] : filters);
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': `${types}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: 'gateway',
      ...ofManager(edgeFilters(cluster)),
      ...ofManager(errorPages(cluster)),
      // As istiod does.
      upgrade_configs: [{ upgrade_type: 'websocket' }],
      normalize_path: true,
      merge_slashes: true,
      path_with_escaped_slashes_action: 'UNESCAPE_AND_FORWARD',
      http_filters: [
        ...keep({ part: 'edge', filters: edge.first }),
        ...keep({
          part: 'check',
          filters: loginChecks(cluster).flatMap((policy) => askingOf(policy, check(scenario, policy))),
        }),
        ...keep({ part: 'lock', filters: [denialOf(gatewayLock(cluster))] }),
        ...keep({ part: 'edge', filters: edge.last }),
        ...ofApps.flatMap((object) => filtersOf(object).last),
        router,
      ],
      route_config: {
        virtual_hosts: virtualHosts(scenario, { platform, own: [own, `cd.${platform}`], userCode }),
      },
    },
  };
}

const router = { name: 'router', typed_config: { '@type': `${types}.extensions.filters.http.router.v3.Router` } };

/** A sidecar, with the limits that the mesh's proxies have. */
function sidecar(to: keyof Ports): object {
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': `${types}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: to,
      http_filters: [router],
      route_config: {
        virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: to } }] }],
      },
    },
  };
}

/** Filters of an EnvoyFilter, in the order in which Istio puts them: each INSERT_FIRST before the one before. */
function filtersOf(object: object): { first: unknown[]; last: unknown[] } {
  const patches = listAt(object, 'spec', 'configPatches').filter((patch) => at(patch, 'applyTo') === 'HTTP_FILTER');
  const of = (operation: string) =>
    patches
      .filter((patch) => at(patch, 'patch', 'operation') === operation)
      .map((patch) => at(patch, 'patch', 'value'));
  return { first: of('INSERT_FIRST').toReversed(), last: of('INSERT_BEFORE') };
}

/** What an EnvoyFilter merges into the gateway's connection manager. */
function ofManager(object: object): object {
  const patches = listAt(object, 'spec', 'configPatches').filter((patch) => at(patch, 'applyTo') === 'NETWORK_FILTER');
  return Object.assign({}, ...patches.map((patch) => at(patch, 'patch', 'value', 'typed_config')));
}

function meshConfig({ tree }: Scenario): unknown {
  const [values] = valuesOf(tree, 'istiod').filter(({ file }) => file.includes('/values/'));
  return at(values?.values, 'meshConfig');
}

/** What istiod makes of a policy's provider in its values. */
function check(scenario: Scenario, policy: object): Record<string, unknown> {
  const entry = listAt(meshConfig(scenario), 'extensionProviders').find(
    (one) => at(one, 'name') === at(policy, 'spec', 'provider', 'name'),
  );
  const provider = at(entry, 'envoyExtAuthzHttp');
  const service = String(at(provider, 'service')).split('.')[0];
  const headers = (key: string) => ({
    patterns: listAt(provider, key).map((name) => ({ exact: String(name), ignore_case: true })),
  });
  return {
    transport_api_version: 'V3',
    http_service: {
      server_uri: {
        uri: `http://${service}`,
        cluster: service === 'oauth2-proxy' ? 'proxySidecar' : 'appsProxySidecar',
        timeout: '5s',
      },
      path_prefix: checkPrefix,
      authorization_request: {},
      authorization_response: {
        allowed_upstream_headers: headers('headersToUpstreamOnAllow'),
        allowed_client_headers: headers('headersToDownstreamOnDeny'),
        allowed_client_headers_on_success: headers('headersToDownstreamOnAllow'),
      },
    },
    allowed_headers: headers('includeRequestHeadersInCheck'),
  };
}
