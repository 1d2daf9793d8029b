import type { Cluster } from '../config/cluster.ts';
import { ownHosts, tokenPlaces } from './apps/place.ts';
import type { KubernetesObject } from './component.ts';
import { edgeFilterName } from './domain.ts';
import { filterTypes, gatewayFilter, gatewayListeners, scriptBeforeRouter } from './envoy-filter.ts';
import { appMarker, forbiddenHeaders, forbiddenPrefixes, sessionCookie, sharedSessionCookie } from './identity.ts';
import { luaHostOf, luaText, requestHost } from './lua.ts';

/** Where OAuth2 Proxy leads after the login, when that is another host than its own. */
export const returnHeader = 'x-auth-request-redirect';

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
  return gatewayFilter(edgeFilterName, [
    {
      applyTo: 'NETWORK_FILTER',
      match: gatewayListeners,
      patch: {
        operation: 'MERGE',
        value: {
          typed_config: {
            '@type': `${filterTypes}.network.http_connection_manager.v3.HttpConnectionManager`,
            common_http_protocol_options: { headers_with_underscores_action: 'DROP_HEADER' },
          },
        },
      },
    },
    {
      applyTo: 'HTTP_FILTER',
      match: gatewayListeners,
      patch: {
        operation: 'INSERT_FIRST',
        value: {
          name: 'breakwater.strip-identity',
          typed_config: {
            '@type': `${filterTypes}.http.header_mutation.v3.HeaderMutation`,
            mutations: mutations(cluster),
          },
        },
      },
    },
    scriptBeforeRouter('keep-session', keepSession(cluster)),
  ]);
}

function mutations(cluster: Cluster): Record<string, unknown> {
  const ofApps = cluster.runningApps.flatMap(({ headers }) => [appMarker, ...headers.map(({ name }) => name)]);
  const removed = new Set([
    ...forbiddenHeaders,
    // What one app believes, another one may believe, too.
    ...ofApps
      .map((name) => name.toLowerCase())
      .filter((name) => !forbiddenPrefixes.some((start) => name.startsWith(start))),
    ...(cluster.auth.machineTokens ? [] : ['authorization']),
  ]);
  return {
    request_mutations: [
      ...[...removed].map((remove) => ({ remove })),
      ...forbiddenPrefixes.map((prefix) => ({ remove_on_match: { key_matcher: { prefix, ignore_case: true } } })),
      {
        append: {
          header: { key: 'x-forwarded-uri', value: '%REQ(:PATH)%' },
          append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
        },
      },
      // The path alone would lead back to the platform's host; OAuth2 Proxy takes this for hosts on its list only.
      ...(ownHosts(cluster).length === 0
        ? []
        : [
            {
              append: {
                header: { key: returnHeader, value: 'https://%REQ(:AUTHORITY)%%REQ(:PATH)%' },
                append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
              },
            },
          ]),
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

function keepSession(cluster: Cluster): string {
  const exceptions = tokenPlaces(cluster).map(
    ({ name, host, path }) =>
      `  { host = ${luaText(requestHost(host))}, path = ${luaText(path)} }, -- ${name.replaceAll(/[^\x20-\x7e]/g, ' ')}\n`,
  );
  return `local sessions = { ${luaText(sessionCookie)}, ${luaText(sharedSessionCookie)} }
local with_token = {${exceptions.length === 0 ? '' : `\n${exceptions.join('')}`}}

${luaHostOf}
local function starts(text, prefix)
  return string.sub(text, 1, #prefix) == prefix
end

local function is_session(cookie)
  for _, session in ipairs(sessions) do
    if starts(cookie, session) then return true end
  end
  return false
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local path = headers:get(":path") or ""
  if starts(path, "/oauth2/") then return end
  local host = host_of(headers)
  local token = false
  for _, place in ipairs(with_token) do
    token = token or (host == place.host and starts(path, place.path))
  end
  if not token then headers:remove("authorization") end
  headers:remove(${luaText(returnHeader)})
  local kept = {}
  for i = 0, headers:getNumValues("cookie") - 1 do
    for pair in string.gmatch(headers:getAtIndex("cookie", i), "[^;]+") do
      local cookie = string.match(pair, "^%s*(.-)%s*$")
      if cookie ~= "" and not is_session(cookie) then kept[#kept + 1] = cookie end
    end
  end
  headers:remove("cookie")
  if #kept > 0 then headers:add("cookie", table.concat(kept, "; ")) end
end
`;
}
