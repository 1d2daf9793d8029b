import type { KubernetesObject } from './component.ts';
import { early, gatewayNamespace, gatewaySelector } from './domain.ts';

/** Type URL prefix of Envoy's filters. */
export const filterTypes = 'type.googleapis.com/envoy.extensions.filters';

const connectionManager = { name: 'envoy.filters.network.http_connection_manager' };

/** Matches the gateway's HTTP listeners. */
export const gatewayListeners = { context: 'GATEWAY', listener: { filterChain: { filter: connectionManager } } };

const beforeRouter = {
  context: 'GATEWAY',
  listener: { filterChain: { filter: { ...connectionManager, subFilter: { name: 'envoy.filters.http.router' } } } },
};

/**
 * An EnvoyFilter for the gateway.
 *
 * @param priority order among EnvoyFilters: higher numbers apply later. Default: 0
 * @see https://istio.io/latest/docs/reference/config/networking/envoy-filter/
 */
export function gatewayFilter(
  name: string,
  configPatches: readonly Record<string, unknown>[],
  priority?: number,
): KubernetesObject {
  return {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata: { name, namespace: gatewayNamespace, annotations: early },
    spec: {
      workloadSelector: { labels: { ...gatewaySelector } },
      ...(priority === undefined ? {} : { priority }),
      configPatches: [...configPatches],
    },
  };
}

/**
 * Patches that insert filters before all others, in this order. Istio's INSERT_FIRST puts each before the previous one.
 *
 * @param filters with name and typed_config
 */
export function edgeOf(filters: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return filters.toReversed().map((value) => ({
    applyTo: 'HTTP_FILTER',
    match: gatewayListeners,
    patch: { operation: 'INSERT_FIRST', value },
  }));
}

/** @returns a filter that runs a script: https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/lua_filter */
export function scriptFilter(name: string, script: string): Record<string, unknown> {
  return {
    name: `breakwater.${name}`,
    typed_config: { '@type': `${filterTypes}.http.lua.v3.Lua`, default_source_code: { inline_string: script } },
  };
}

/**
 * A patch that runs a script after all other filters, before the request is routed.
 *
 * @param name name of the filter, after `breakwater.`
 * @param script Lua code
 */
export function scriptBeforeRouter(name: string, script: string): Record<string, unknown> {
  return {
    applyTo: 'HTTP_FILTER',
    match: beforeRouter,
    patch: { operation: 'INSERT_BEFORE', value: scriptFilter(name, script) },
  };
}
