import type { Cluster } from '../config/cluster.ts';
import type { KubernetesObject } from './component.ts';
import { gatewayNamespace, gatewaySelector } from './domain.ts';
import { forbiddenHeaders, forbiddenPrefix, sessionCookie } from './identity.ts';

const types = 'type.googleapis.com/envoy.extensions.filters';
const connectionManager = { name: 'envoy.filters.network.http_connection_manager' };

/**
 * What the gateway does to each request before and after the check, as one EnvoyFilter:
 *
 * 1. Headers with underscores are dropped: some upstreams read kubeflow_userid as kubeflow-userid.
 * 2. First of all filters: identity headers from outside are removed, whatever the check's answer sets later (Envoy overwrites
 *    only those which the answer contains); OAuth2 Proxy is told the path to return to; each answer forbids foreign frames.
 * 3. Before the router: the session cookie and the token are taken off, so that no upstream (a user's notebook) gets hold of
 *    another user's session: GHSA-qjw6-hpc7-w36h.
 */
export function edgeFilters(cluster: Cluster): KubernetesObject {
  const listener = { context: 'GATEWAY', listener: { filterChain: { filter: connectionManager } } };
  const beforeRouter = {
    context: 'GATEWAY',
    listener: { filterChain: { filter: { ...connectionManager, subFilter: { name: 'envoy.filters.http.router' } } } },
  };
  return {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata: { name: 'identity', namespace: gatewayNamespace, annotations: { 'argocd.argoproj.io/sync-wave': '-1' } },
    spec: {
      workloadSelector: { labels: { ...gatewaySelector } },
      configPatches: [
        {
          applyTo: 'NETWORK_FILTER',
          match: listener,
          patch: {
            operation: 'MERGE',
            value: {
              typed_config: {
                '@type': `${types}.network.http_connection_manager.v3.HttpConnectionManager`,
                common_http_protocol_options: { headers_with_underscores_action: 'DROP_HEADER' },
              },
            },
          },
        },
        {
          applyTo: 'HTTP_FILTER',
          match: listener,
          patch: {
            operation: 'INSERT_FIRST',
            value: {
              name: 'breakwater.strip-identity',
              typed_config: {
                '@type': `${types}.http.header_mutation.v3.HeaderMutation`,
                mutations: mutations(cluster),
              },
            },
          },
        },
        {
          applyTo: 'HTTP_FILTER',
          match: beforeRouter,
          patch: {
            operation: 'INSERT_BEFORE',
            value: {
              name: 'breakwater.keep-session',
              typed_config: {
                '@type': `${types}.http.lua.v3.Lua`,
                default_source_code: { inline_string: keepSession(cluster) },
              },
            },
          },
        },
      ],
    },
  };
}

function mutations(cluster: Cluster): Record<string, unknown> {
  const removed = [...forbiddenHeaders, ...(cluster.auth.machineTokens ? [] : ['authorization'])];
  return {
    request_mutations: [
      ...removed.map((remove) => ({ remove })),
      { remove_on_match: { key_matcher: { prefix: forbiddenPrefix, ignore_case: true } } },
      {
        append: {
          header: { key: 'x-forwarded-uri', value: '%REQ(:PATH)%' },
          append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
        },
      },
    ],
    response_mutations: [
      // 'self', not 'none': the dashboard frames its own apps.
      {
        append: {
          header: { key: 'content-security-policy', value: "frame-ancestors 'self'" },
          append_action: 'APPEND_IF_EXISTS_OR_ADD',
        },
      },
    ],
  };
}

/** Envoy's Lua: https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/lua_filter */
function keepSession(cluster: Cluster): string {
  const exceptions = cluster.auth.tokenExceptions.map(
    (entry) => `${JSON.stringify(entry.path)}, -- ${entry.name.replaceAll(/[^\x20-\x7e]/g, ' ')}`,
  );
  return `local session = ${JSON.stringify(sessionCookie)}
local with_token = {${exceptions.length === 0 ? '' : `\n  ${exceptions.join('\n  ')}\n`}}

local function starts(text, prefix)
  return string.sub(text, 1, #prefix) == prefix
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local path = headers:get(":path") or ""
  if starts(path, "/oauth2/") then return end
  local token = false
  for _, prefix in ipairs(with_token) do
    token = token or starts(path, prefix)
  end
  if not token then headers:remove("authorization") end
  local kept = {}
  for i = 0, headers:getNumValues("cookie") - 1 do
    for pair in string.gmatch(headers:getAtIndex("cookie", i), "[^;]+") do
      local cookie = string.match(pair, "^%s*(.-)%s*$")
      if cookie ~= "" and not starts(cookie, session) then kept[#kept + 1] = cookie end
    end
  end
  headers:remove("cookie")
  if #kept > 0 then headers:add("cookie", table.concat(kept, "; ")) end
end
`;
}
