import type { Cluster } from '../config/cluster.ts';
import { filterTypes } from './envoy-filter.ts';
import { requestHost } from './lua.ts';
import { userCodeAddress } from './user-code.ts';

/** One of https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/rbac/v3/rbac.proto#config-rbac-v3-permission */
type Permission = Record<string, unknown>;

/** Matches the whole path, without its query, with an RE2 regular expression. */
const path = (regex: string): Permission => ({ url_path: { path: { safe_regex: { regex } } } });
/** Matches a header in the same way; `:path` is the path with its query. */
const header = (name: string, regex: string): Permission => ({
  header: { name, string_match: { safe_regex: { regex } } },
});
const not = (rule: Permission): Permission => ({ not_rule: rule });
const all = (...rules: Permission[]): Permission => ({ and_rules: { rules } });

/** A letter or digit that is encoded, which no program does unless it hides something: Pipelines' API decodes paths. */
const encodedLetter = '%(3[0-9]|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9a])';
const uploads = path('(?i)(/pipeline)?/apis/[^/]*/pipelines/upload/?');

/** Pipelines' web server ignores case, and accepts its routes with and without the prefix. */
const artifacts = '(?i)(/pipeline)?/artifacts/';

/** Requests that the gateway refuses to everyone, by name: known vulnerabilities of upstreams, and attacks by users' pages. */
function refusals(cluster: Cluster): Readonly<Record<string, readonly Permission[]>> {
  return {
    // CVE-2026-54745: the web page of Pipelines fetches any address in its path or the Referer.
    'pipelines-proxy': [
      path('(?i).*/apis/.*(/|%2f)(_|%5f)proxy.*'),
      header('referer', '(?i).*(/|%2f)(_|%5f)proxy(/|%2f).*'),
    ],
    // CVE-2026-88980 and CVE-2026-88981: so do its artifacts, through an http source or a store's endpoint. Letters need no encoding, so an
    // encoded letter hides something.
    'pipelines-artifacts': [
      all(path(`${artifacts}.*`), not(path(`${artifacts}(get|minio|s3|gcs|volume)(/.*)?`))),
      all(path(`${artifacts}get/?`), not(header(':path', '.*[?&]source=(minio|s3|gcs|volume)(&.*)?'))),
      header(':path', `${artifacts}.*[?&][^=&]*%[4-7][^=&]*=.*`),
      header(
        ':path',
        `${artifacts}.*[?&]providerInfo=[^&]*(endpoint|\\\\|%5c|%4[1-9a-f]|%5[0-9a]|%6[1-9a-f]|%7[0-9a]).*`,
      ),
    ],
    // CVE-2026-77596: without a namespace, everyone who is logged in uploads a pipeline that all others are offered. Go takes the first
    // namespace of a query and drops what holds a semicolon: net/url, ParseQuery.
    'pipelines-shared-uploads': [
      all(uploads, not(header(':path', '[^?]*\\?([^&]*&)*namespace=[a-z0-9-]+(&.*)?'))),
      all(uploads, header(':path', '.*[?&]namespace=?(&.*)?')),
      all(uploads, header(':path', '(?i)[^?]*\\?([^&]*&)*[^=&]*%[^=&]*(=.*|&.*)?')),
      path(`(?i)(/pipeline)?/apis/.*${encodedLetter}.*`),
    ],
    // No client here uses this login, and each request to start it creates an object in the cluster's etcd.
    'device-logins': [path('/dex/device(/.*)?')],
    // A service worker sees every later request of its visitors to the host, and users run code on these.
    // https://w3c.github.io/ServiceWorker/#service-worker-script-request
    'service-workers': [all(header('service-worker', 'script'), ...whereUsersRunCode(cluster))],
    // A page on another host, including a tenant's under this one, may only link to the platform, and must not use the visitor's
    // session otherwise: https://www.w3.org/TR/fetch-metadata/
    'other-sites': [
      all(
        header('sec-fetch-site', 'same-site|cross-site'),
        not(all(header('sec-fetch-mode', 'navigate'), header(':method', 'GET|HEAD'))),
        not(path('/(dex|oauth2)/.*')),
      ),
    ],
  };
}

function whereUsersRunCode(cluster: Cluster): Permission[] {
  if (cluster.knownHost === undefined) return [];
  const hosts = [cluster.knownHost, userCodeAddress(cluster)?.host]
    .filter((host) => host !== undefined)
    .map((host) => requestHost(host).replaceAll(/[.[\]]/g, '\\$&'));
  const [first = ''] = hosts;
  return [header(':authority', `(?i)${hosts.length === 1 ? first : `(${hosts.join('|')})`}(:[0-9]+)?`)];
}

/** @returns Envoy's RBAC filter, which answers such requests with 403 */
export function refusalFilter(cluster: Cluster): Record<string, unknown> {
  const policies = Object.entries(refusals(cluster)).map(([name, permissions]) => [
    name,
    { permissions, principals: [{ any: true }] },
  ]);
  return {
    name: 'breakwater.refusals',
    typed_config: {
      '@type': `${filterTypes}.http.rbac.v3.RBAC`,
      rules: { action: 'DENY', policies: Object.fromEntries(policies) },
    },
  };
}
