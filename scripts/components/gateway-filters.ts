import type { Cluster } from '../config/cluster.ts';
import { tokenPlaces } from './apps/place.ts';
import type { KubernetesObject } from './component.ts';
import { edgeFilterName } from './domain.ts';
import {
  edgeOf,
  filterTypes,
  gatewayFilter,
  gatewayListeners,
  scriptBeforeRouter,
  scriptFilter,
} from './envoy-filter.ts';
import { edgeMark } from './gate.ts';
import {
  forbiddenHeaders,
  forbiddenPrefixes,
  identityHeaders,
  programPath,
  sessionCookie,
  sharedSessionCookie,
} from './identity.ts';
import { luaHostOf, luaText, requestHost } from './lua.ts';
import { sharesConnections } from './own-certificate.ts';
import { rateLimitFilter } from './rate-limits.ts';
import { otherNamesFilter } from './redirect-hosts.ts';
import { refusalFilter } from './refusals.ts';
import { sandboxedAnswers } from './sandboxed-answers.ts';
import { sharesCookie } from './user-code.ts';

/** Header with the URL to return to after the login, if it is on another host. */
export const returnHeader = 'x-auth-request-redirect';

/**
 * The gateway's handling of each request before and after the check, in one EnvoyFilter, so that no part can be missing alone:
 *
 * 1. Headers with underscores are dropped: some upstreams read kubeflow_userid as kubeflow-userid.
 * 2. Before all other filters: identity headers from outside are removed (the check's answer only overwrites
 * the headers that it contains); OAuth2 Proxy is told the path to return to; each response gets headers that protect
 * browsers. Then the filter sets the mark that the lock requires ({@link edgeMark}).
 * 3. Requests that no one may send are refused, and requests without a login are limited.
 * 4. Programs that ask get 401 instead of the login page. Answers that hold what users wrote run no scripts.
 * 5. Before the router: the session cookie and the token are taken off, so that no upstream (a user's notebook) gets hold of
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
    ...edgeOf([
      {
        name: 'breakwater.strip-identity',
        typed_config: {
          '@type': `${filterTypes}.http.header_mutation.v3.HeaderMutation`,
          mutations: mutations(cluster),
        },
      },
      {
        name: 'breakwater.mark-edge',
        typed_config: {
          '@type': `${filterTypes}.http.set_metadata.v3.Config`,
          metadata: [{ metadata_namespace: edgeMark.namespace, value: { [edgeMark.key]: edgeMark.value } }],
        },
      },
      ...(sharesConnections(cluster) ? [scriptFilter('own-connection', refuseOtherHosts)] : []),
      ...otherNamesFilter(cluster),
      refusalFilter(cluster),
      rateLimitFilter(),
      scriptFilter('programs', tellPrograms),
      ...sandboxedAnswers(cluster),
    ]),
    scriptBeforeRouter('keep-session', keepSession(cluster)),
  ]);
}

/**
 * OAuth2 Proxy answers 401 on the paths of its api-route. Browsers say with each request whether it is a page
 * that a user opens: https://www.w3.org/TR/fetch-metadata/#sec-fetch-mode-header
 */
const tellPrograms = `function envoy_on_request(handle)
  local headers = handle:headers()
  local mode = headers:get("sec-fetch-mode")
  local program = (mode ~= nil and mode ~= "navigate") or headers:get("upgrade") ~= nil or headers:get(":protocol") ~= nil
  if program then headers:replace("x-forwarded-uri", ${luaText(programPath)} .. (headers:get(":path") or "/")) end
end
`;

/** A browser that gets 421 asks again, by a connection of its own: RFC 9110, section 15.5.20. */
const refuseOtherHosts = `${luaHostOf}
function envoy_on_request(handle)
  local name = string.lower(handle:streamInfo():requestedServerName() or "")
  if name ~= "" and name ~= host_of(handle:headers()) then handle:respond({ [":status"] = "421" }, "") end
end
`;

function mutations(cluster: Cluster): Record<string, unknown> {
  const ofApps = cluster.runningApps.flatMap(({ headers }) => headers.map(({ name }) => name));
  const removed = new Set([
    ...forbiddenHeaders,
    // An identity header of one app could be one of another app, too.
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
      // The path alone would lead back to the platform's host. OAuth2 Proxy only accepts hosts on its list.
      ...(sharesCookie(cluster)
        ? [
            {
              append: {
                header: { key: returnHeader, value: 'https://%REQ(:AUTHORITY)%%REQ(:PATH)%' },
                append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
              },
            },
          ]
        : []),
    ],
    response_mutations: [
      // 'self', not 'none', because the dashboard frames its own apps.
      {
        append: {
          header: { key: 'content-security-policy', value: "frame-ancestors 'self'" },
          append_action: 'APPEND_IF_EXISTS_OR_ADD',
        },
      },
      // A page under one path must not control the whole host.
      { remove: 'service-worker-allowed' },
      // OAuth2 Proxy answers paths of /oauth2/ with the headers of its checks: scripts of any page of the host could read the token.
      { remove: 'authorization' },
      setOnAnswers('x-content-type-options', 'nosniff'),
      setOnAnswers('referrer-policy', 'same-origin'),
      // Only with a publicly trusted certificate: with a private CA, browsers without it could never open the host again.
      ...(hasPublicCertificate(cluster) ? [setOnAnswers('strict-transport-security', 'max-age=31536000')] : []),
    ],
  };
}

/** Sets a response header unless the upstream sets it. */
function setOnAnswers(key: string, value: string): Record<string, unknown> {
  return { append: { header: { key, value }, append_action: 'ADD_IF_ABSENT' } };
}

/** Servers whose certificates browsers trust: not their staging servers, and none inside a company. */
const publicAcmeServers = new Set([
  'acme-v02.api.letsencrypt.org',
  'acme.zerossl.com',
  'dv.acme-v02.api.pki.goog',
  'api.buypass.com',
  'acme.ssl.com',
]);

function hasPublicCertificate({ tls }: Cluster): boolean {
  if (tls.acme !== undefined) return publicAcmeServers.has(new URL(tls.acme.server).hostname);
  if (tls.certificate !== undefined) return tls.certificate.ca === undefined;
  return (tls.issuer ?? tls.existingIssuer)?.trust === 'public';
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
  -- Identity providers keep the case that users typed; policies are case-sensitive.
  local user = headers:get(${luaText(identityHeaders[0])})
  if user then headers:replace(${luaText(identityHeaders[0])}, string.lower(user)) end
  headers:remove(${luaText(returnHeader)})
  headers:replace("x-forwarded-uri", path)
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
