import type { Cluster } from '../config/cluster.ts';
import { ownHosts, tokenPlaces } from './apps/place.ts';
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
import { rateLimitFilter } from './rate-limits.ts';
import { refusalFilter } from './refusals.ts';
import { sandboxedAnswers } from './sandboxed-answers.ts';

/** Where OAuth2 Proxy leads after the login, when that is another host than its own. */
export const returnHeader = 'x-auth-request-redirect';

/**
 * What the gateway does to each request before and after the check, as one EnvoyFilter, so that nothing of it can go alone:
 *
 * 1. Headers with underscores are dropped: some upstreams read kubeflow_userid as kubeflow-userid.
 * 2. First of all filters: identity headers from outside are removed, whatever the check's answer sets later (Envoy overwrites
 *    only those which the answer contains); OAuth2 Proxy is told the path to return to; each answer gets the headers that protect
 *    browsers. Then the mark by which the second lock knows that this filter ran ({@link edgeMark}).
 * 3. What nobody may ask for is refused, and what needs no login is limited.
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
      refusalFilter(cluster),
      rateLimitFilter(),
      scriptFilter('programs', tellPrograms),
      ...sandboxedAnswers(cluster),
    ]),
    scriptBeforeRouter('keep-session', keepSession(cluster)),
  ]);
}

/**
 * OAuth2 Proxy answers 401 on paths of its api-route, which are the same for everybody. Browsers say of each request whether it is a page
 * that a person opens: https://www.w3.org/TR/fetch-metadata/#sec-fetch-mode-header
 */
const tellPrograms = `function envoy_on_request(handle)
  local headers = handle:headers()
  local mode = headers:get("sec-fetch-mode")
  local program = (mode ~= nil and mode ~= "navigate") or headers:get("upgrade") ~= nil or headers:get(":protocol") ~= nil
  if program then headers:replace("x-forwarded-uri", ${luaText(programPath)} .. (headers:get(":path") or "/")) end
end
`;

function mutations(cluster: Cluster): Record<string, unknown> {
  const ofApps = cluster.runningApps.flatMap(({ headers }) => headers.map(({ name }) => name));
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
      // A page below one path must not get hold of the whole host.
      { remove: 'service-worker-allowed' },
      setOnAnswers('x-content-type-options', 'nosniff'),
      setOnAnswers('referrer-policy', 'same-origin'),
      // Only where browsers trust the certificate for certain: with a private CA the host could never be opened without it again.
      ...(hasPublicCertificate(cluster) ? [setOnAnswers('strict-transport-security', 'max-age=31536000')] : []),
    ],
  };
}

/** Unless the upstream says something of its own. */
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
  return tls.existingIssuer?.trust === 'public';
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
  -- Identity providers write addresses as people typed them; policies compare letter by letter.
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
