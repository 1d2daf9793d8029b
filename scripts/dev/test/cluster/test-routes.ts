import { codePaths } from '../../../config/schema/reserved.ts';
import { routes } from '../../../tree/rules/gateway.ts';
import { at, isMap, listAt, textsAt } from '../../../tree/rules/parsed-tree.ts';
import type { Scenario } from './scenarios.ts';

/** Where requests for a Service of the tree are sent; all others lead to the program that says what reached it. */
const upstreams: Readonly<Record<string, string>> = {
  'dex.auth.svc.cluster.local': 'dex',
  'oauth2-proxy.auth.svc.cluster.local': 'proxySidecar',
  'oauth2-proxy-apps.auth.svc.cluster.local': 'appsProxySidecar',
};

/**
 * @param hosts the platform's host, those of apps, and the one of users' code
 * @returns Envoy's hosts for the VirtualServices of the tree, and for the routes that Kubeflow's parts and tenants would add
 */
export function virtualHosts(
  scenario: Scenario,
  hosts: { platform: string; own: readonly string[]; userCode: string },
): object[] {
  const sidecar = { route: { cluster: 'sidecar' } };
  const code = codePaths.map((prefix) => ({ match: { prefix }, ...sidecar }));
  const further: Record<string, object[]> = {
    [hosts.platform]: [
      // A Service without a pod.
      { match: { prefix: '/gone/' }, route: { cluster: 'gone' } },
      { match: { prefix: '/' }, ...sidecar },
    ],
    ...(scenario.cluster.auth.userCodeHost ? { [hosts.userCode]: code } : {}),
    ...Object.fromEntries(hosts.own.map((host) => [host, []])),
  };
  const placed = routes(scenario.tree).filter(({ rendered }) => !rendered);
  return Object.entries(further).map(([host, more]) => ({
    name: host,
    domains: [host],
    routes: catchAllLast([
      ...placed
        .filter(({ object }) => textsAt(object, 'spec', 'hosts').includes(host))
        .flatMap(({ object }) => listAt(object, 'spec', 'http'))
        .flatMap(routesOf),
      ...more,
    ]),
  }));
}

/** As istiod sorts them, whichever VirtualService they come from. */
function catchAllLast(list: readonly object[]): object[] {
  const isCatchAll = (route: object) => at(route, 'match', 'prefix') === '/';
  return [...list.filter((route) => !isCatchAll(route)), ...list.filter(isCatchAll)];
}

/** One for each match, as istiod makes them: istio.io/istio, pilot/pkg/networking/core/route. Rewrites are left out. */
function routesOf(http: unknown): object[] {
  const matches = at(http, 'match') === undefined ? [{ uri: { prefix: '/' } }] : listAt(http, 'match');
  return matches.map((match) => ({ match: matchOf(match), ...actionOf(http) }));
}

function matchOf(match: unknown): object {
  const exact = at(match, 'uri', 'exact');
  const headers = [
    ...(at(match, 'method') === undefined ? [] : [{ name: ':method', string_match: text(at(match, 'method')) }]),
    ...entries(at(match, 'headers')).map(([name, value]) => ({ name, string_match: text(value) })),
    ...entries(at(match, 'withoutHeaders')).map(([name]) => ({ name, present_match: true, invert_match: true })),
  ];
  return { ...(exact === undefined ? { prefix: at(match, 'uri', 'prefix') } : { path: exact }), headers };
}

function entries(map: unknown): [string, unknown][] {
  return Object.entries(isMap(map) ? map : {});
}

function text(value: unknown): object {
  const regex = at(value, 'regex');
  return regex === undefined ? { exact: at(value, 'exact') } : { safe_regex: { regex } };
}

function bodyOf(body: unknown): object {
  const bytes = at(body, 'bytes');
  return bytes === undefined ? { inline_string: at(body, 'string') } : { inline_bytes: bytes };
}

function actionOf(http: unknown): object {
  const [answer, redirect] = [at(http, 'directResponse'), at(http, 'redirect')];
  if (answer !== undefined)
    return {
      direct_response: {
        status: at(answer, 'status'),
        ...(at(answer, 'body') === undefined ? {} : { body: bodyOf(at(answer, 'body')) }),
      },
      response_headers_to_add: entries(at(http, 'headers', 'response', 'set')).map(([key, value]) => ({
        header: { key, value },
        append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
      })),
    };
  if (redirect !== undefined)
    return {
      redirect: {
        https_redirect: true,
        ...(at(redirect, 'authority') === undefined ? {} : { host_redirect: at(redirect, 'authority') }),
        ...(at(redirect, 'uri') === undefined ? {} : { path_redirect: at(redirect, 'uri') }),
        response_code: at(redirect, 'redirectCode') === 302 ? 'FOUND' : 'MOVED_PERMANENTLY',
      },
    };
  const [target] = listAt(http, 'route');
  return { route: { cluster: upstreams[String(at(target, 'destination', 'host'))] ?? 'sidecar' } };
}
