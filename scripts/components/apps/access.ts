import type { App, Cluster } from '../../config/cluster.ts';
import { refusedUser } from '../branding/gateway-errors.ts';
import type { KubernetesObject } from '../component.ts';
import { gatewayFilter, scriptBeforeRouter } from '../envoy-filter.ts';
import { appMarker, identityHeaders } from '../identity.ts';
import { luaHostOf, luaSet, luaShortened, luaText, requestHost } from '../lua.ts';
import { groupLimits } from '../tenant-groups.ts';
import { appPlace } from './place.ts';

/** @returns name of an app's objects */
export function guardName(app: App): string {
  return `app-${app.name}`;
}

/**
 * Access rules and identity headers of one app: a filter at the gateway, after the check that sets the verified
 * identity. Istio's own policies match whole headers, prefixes or suffixes. Groups are a list in one header, so only splitting the list
 * finds a group reliably.
 *
 * When a Lua filter fails, Envoy lets the request continue. So the filter marks the requests that it admits, and the app's policy refuses
 * those without the mark: no filter, no access.
 */
export function accessFilter(cluster: Cluster, app: App): KubernetesObject {
  const patch = scriptBeforeRouter(`app.${app.name}`, accessScript(cluster, app));
  // Runs after the gateway's own filters.
  return gatewayFilter(guardName(app), [patch], 10);
}

/** @returns the Lua script that admits or refuses each request to an app */
function accessScript(cluster: Cluster, app: App): string {
  const { host, path } = appPlace(cluster, app);
  const { everyone = false, groups = [], emails = [] } = app.access;
  const [user, list] = identityHeaders;
  const taken = [...new Set([appMarker, ...identityHeaders, ...app.headers.map(({ name }) => name.toLowerCase())])];
  return `local host = ${luaText(requestHost(host))}
local path = ${luaText(path)}
local everyone = ${everyone}
local emails = ${luaSet(emails)}
local groups = ${luaSet(groups)}

${luaHostOf}
${luaShortened(groupLimits.bytes)}
local function groups_of(headers)
  local found = {}
  for i = 0, headers:getNumValues(${luaText(list)}) - 1 do
    for group in string.gmatch(headers:getAtIndex(${luaText(list)}, i), "[^,]+") do found[group] = true end
  end
  return found
end

local function escaped(text)
  return (string.gsub(string.sub(text, 1, 254), "[^%w@._+-]", function(byte) return "&#" .. string.byte(byte) .. ";" end))
end

local function may_open(email, member)
  if email == "" then return false end
  if everyone or emails[string.lower(email)] then return true end
  for group in pairs(groups) do
    if member[group] then return true end
  end
  return false
end

function envoy_on_request(handle)
  local headers = handle:headers()
  if host_of(headers) ~= host then return end
  local asked = headers:get(":path") or ""
  if string.sub(asked, 1, #path) ~= path then return end
${cluster.auth.userCodeHost && 'host' in app.place ? ownLogin : ''}  local email = headers:get(${luaText(user)}) or ""
  local list = headers:get(${luaText(list)})
  local member = groups_of(headers)
  -- Port 80 only redirects to HTTPS, before the login.
  local redirected = email == "" and handle:connection():ssl() == nil
  if not redirected and not may_open(email, member) then
    local answer = { [":status"] = "403", ["content-type"] = "text/plain; charset=utf-8", ["cache-control"] = "no-store" }
    handle:streamInfo():dynamicMetadata():set(${luaText(refusedUser.namespace)}, ${luaText(refusedUser.key)}, escaped(email))
    handle:respond(answer, ${luaText(`You are logged in, but may not open ${app.name}.`)} .. "\\n")
    return
  end
${taken.map((name) => `  headers:remove(${luaText(name)})`).join('\n')}
  if redirected then return end
${app.headers.map(headerLines).join('')}  headers:add(${luaText(appMarker)}, ${luaText(app.name)})
end
`;
}

/** Each host has its own login: OAuth2 Proxy answers there, before the user has an identity. */
const ownLogin = `  if string.sub(asked, 1, 8) == "/oauth2/" then return end
`;

function headerLines(header: App['headers'][number]): string {
  const name = luaText(header.name.toLowerCase());
  if ('value' in header)
    return header.value === 'email'
      ? `  headers:add(${name}, email)\n`
      : `  if list and list ~= "" then headers:add(${name}, shortened(list)) end\n`;
  const branches = header.byGroup.map(
    ({ group, value }, index) =>
      `  ${index === 0 ? 'if' : 'elseif'} member[${luaText(group)}] then headers:add(${name}, ${luaText(value)})\n`,
  );
  const otherwise = header.otherwise === undefined ? '' : `  else headers:add(${name}, ${luaText(header.otherwise)})\n`;
  return `${branches.join('')}${otherwise}  end\n`;
}
