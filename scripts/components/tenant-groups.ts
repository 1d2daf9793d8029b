import type { KubernetesObject } from './component.ts';
import { gatewayNamespace, gatewaySelector } from './domain.ts';

/** Beginning of the headers that say one group each; the rest is the group's name in hexadecimal. */
export const groupHeaderPrefix = 'x-breakwater-group-';

/**
 * Sets a header for each group of the person, beside the list that the check's answer gave: Istio's policies compare a header
 * whole, by its beginning or by its end, and so can't find one group in a list. What comes from outside under these names is
 * removed first.
 */
export function groupHeaders(): KubernetesObject {
  return {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata: {
      name: 'group-headers',
      namespace: gatewayNamespace,
      annotations: { 'argocd.argoproj.io/sync-wave': '-1' },
    },
    spec: {
      workloadSelector: { labels: { ...gatewaySelector } },
      configPatches: [
        {
          applyTo: 'HTTP_FILTER',
          match: {
            context: 'GATEWAY',
            listener: {
              filterChain: {
                filter: {
                  name: 'envoy.filters.network.http_connection_manager',
                  subFilter: { name: 'envoy.filters.http.router' },
                },
              },
            },
          },
          patch: {
            operation: 'INSERT_BEFORE',
            value: {
              name: 'breakwater.group-headers',
              typed_config: {
                '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua',
                default_source_code: { inline_string: script },
              },
            },
          },
        },
      ],
    },
  };
}

/** Envoy's Lua: https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/lua_filter */
const script = `local prefix = "${groupHeaderPrefix}"

local function hexadecimal(text)
  return (string.gsub(text, ".", function(byte) return string.format("%02x", string.byte(byte)) end))
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local foreign = {}
  for name in pairs(headers) do
    if string.sub(name, 1, #prefix) == prefix then foreign[#foreign + 1] = name end
  end
  for _, name in ipairs(foreign) do headers:remove(name) end
  for index = 0, headers:getNumValues("kubeflow-groups") - 1 do
    for group in string.gmatch(headers:getAtIndex("kubeflow-groups", index), "[^,]+") do
      headers:replace(prefix .. hexadecimal(string.match(group, "^%s*(.-)%s*$")), "1")
    end
  end
end
`;
