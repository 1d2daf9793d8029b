import type { Cluster } from '../config/cluster.ts';
import type { KubernetesObject } from './component.ts';
import { gatewayFilter, scriptBeforeRouter } from './envoy-filter.ts';
import { groupHeaderPrefix, identityHeaders } from './identity.ts';
import { luaSet, luaText } from './lua.ts';

/**
 * Limits on headers that grow with a user's groups. Envoy and gunicorn allow 100 headers, of which a browser and the mesh need about 40;
 * gunicorn allows 8,190 bytes in one, and Node 16 KiB in all.
 */
export const groupLimits = { headers: 30, bytes: 4096 } as const;

/**
 * Sets a header for each of the user's groups, in addition to the list from the check: Istio's policies match whole headers,
 * prefixes or suffixes, and so cannot find one group in a list. Headers and list are limited: groups in tenants, apps
 * and auth.groups come first, then the others by name.
 *
 * Runs after the apps' filters, which need the whole list.
 */
export function groupHeaders(cluster: Cluster): KubernetesObject {
  return gatewayFilter('group-headers', [scriptBeforeRouter('group-headers', script(namedGroups(cluster)))], 20);
}

function namedGroups({ memberGroups, runningApps, auth }: Cluster): string[] {
  const ofApps = runningApps.flatMap(({ access, headers }) => [
    ...(access.groups ?? []),
    ...headers.flatMap((header) => ('byGroup' in header ? header.byGroup.map(({ group }) => group) : [])),
  ]);
  return [...new Set([...memberGroups, ...ofApps, ...auth.groups])].sort();
}

const script = (named: readonly string[]) => `local list = ${luaText(identityHeaders[1])}
local prefix = ${luaText(groupHeaderPrefix)}
local named = ${luaSet(named)}

local function hexadecimal(text)
  return (string.gsub(text, ".", function(byte) return string.format("%02x", string.byte(byte)) end))
end

local function groups_of(headers)
  local groups, seen = {}, {}
  for index = 0, headers:getNumValues(list) - 1 do
    for text in string.gmatch(headers:getAtIndex(list, index), "[^,]+") do
      local group = string.match(text, "^%s*(.-)%s*$")
      if group ~= "" and not seen[group] then
        seen[group] = true
        groups[#groups + 1] = group
      end
    end
  end
  table.sort(groups, function(one, other)
    if named[one] ~= named[other] then return named[one] == true end
    return one < other
  end)
  return groups
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local groups = groups_of(headers)
  local kept, length, count, bytes = {}, 0, 0, 0
  for _, group in ipairs(groups) do
    if length + #group + 1 <= ${groupLimits.bytes} then
      kept[#kept + 1] = group
      length = length + #group + 1
    end
    local name = prefix .. hexadecimal(group)
    if count < ${groupLimits.headers} and bytes + #name <= ${groupLimits.bytes} then
      headers:replace(name, "1")
      count = count + 1
      bytes = bytes + #name
    end
  end
  headers:remove(list)
  if #kept > 0 then headers:add(list, table.concat(kept, ",")) end
end
`;
