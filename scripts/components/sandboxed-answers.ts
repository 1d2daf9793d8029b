import type { Cluster } from '../config/cluster.ts';
import { scriptFilter } from './envoy-filter.ts';
import { luaHostOf, luaText, requestHost } from './lua.ts';

/**
 * Envoy's filter that sandboxes the answers of Pipelines' web server, except its own pages: artifacts contain what users' runs wrote, and
 * messages repeat the request, so scripts in them would run with the platform's origin (CVE-2026-88986, kubeflow/pipelines#14263). A
 * browser that opens such an answer gives it its own origin and runs no scripts; answers to programs are unchanged.
 *
 * @see https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/sandbox
 */
export function sandboxedAnswers({ knownHost }: Cluster): Record<string, unknown>[] {
  if (knownHost === undefined) return [];
  return [scriptFilter('sandboxed-answers', script(requestHost(knownHost)))];
}

const script = (host: string) => `local notes = "breakwater.sandboxed-answers"

${luaHostOf}
local function is_page(path)
  return path == "/pipeline" or path == "/pipeline/" or path == "/pipeline/index.html" or string.find(path, "^/pipeline/static/") ~= nil
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local path = string.lower(string.match(headers:get(":path") or "", "^[^?#]*"))
  if host_of(headers) == ${luaText(host)} and string.find(path, "^/pipeline") ~= nil and not is_page(path) then
    handle:streamInfo():dynamicMetadata():set(notes, "sandbox", "yes")
  end
end

function envoy_on_response(handle)
  local noted = handle:streamInfo():dynamicMetadata():get(notes)
  if noted ~= nil and noted["sandbox"] == "yes" then handle:headers():add("content-security-policy", "sandbox") end
end
`;
