import type { Cluster } from '../config/cluster.ts';
import { publicAddress } from './address.ts';
import type { KubernetesObject } from './component.ts';
import { scriptFilter } from './envoy-filter.ts';
import { luaHostOf, luaSet, luaText } from './lua.ts';
import { servedHost } from './served-host.ts';

const name = 'other-names';

/** @returns certificate, Gateways and redirect of the further names; empty without them */
export function otherNames(cluster: Cluster): KubernetesObject[] {
  if (cluster.redirectHosts.length === 0) return [];
  return servedHost(cluster, {
    ...publicAddress(cluster),
    names: cluster.redirectHosts,
    secret: `${name}-tls`,
    gateway: name,
    plain: `${name}-redirect`,
    redirect: `${name}-redirect`,
    suffix: `-${name}`,
  });
}

/**
 * Redirects before the check, which would start a login on a host whose cookies the platform's host does not get. No route leads
 * anywhere from these names, so a request that passes the filter is checked, and then answered with 404.
 *
 * @returns the filter; none without further names, or before the platform's host is known
 */
export function otherNamesFilter(cluster: Cluster): Record<string, unknown>[] {
  if (cluster.redirectHosts.length === 0 || cluster.knownHost === undefined) return [];
  const script = `local names = ${luaSet([...cluster.redirectHosts].sort())}
local platform = ${luaText(`https://${publicAddress(cluster).authority}`)}
${luaHostOf}
function envoy_on_request(handle)
  local headers = handle:headers()
  local path = headers:get(":path") or "/"
  -- A certificate's challenge, on port 80.
  if not names[host_of(headers)] or string.find(path, "/.well-known/acme-challenge/", 1, true) == 1 then return end
  handle:respond({ [":status"] = "301", ["location"] = platform .. path }, "")
end
`;
  return [scriptFilter(name, script)];
}
