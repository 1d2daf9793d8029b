import type { KubernetesObject } from './component.ts';
import { gatewayFilter, scriptBeforeRouter } from './envoy-filter.ts';
import { groupHeaderPrefix } from './identity.ts';

/**
 * Sets a header for each group of the person, beside the list that the check's answer gave: Istio's policies compare a header
 * whole, by its beginning or by its end, and so can't find one group in a list. What comes from outside under these names is
 * removed first.
 */
export function groupHeaders(): KubernetesObject {
  return gatewayFilter('group-headers', [scriptBeforeRouter('group-headers', script)]);
}

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
