import { authNamespace, gatewayNamespace, gatewayPrincipal } from '../../components/domain.ts';
import { appMarker, sharedSessionCookie } from '../../components/identity.ts';
import { routes } from './gateway.ts';
import { isProxy, options } from './login.ts';
import {
  at,
  listAt,
  nameOf,
  namespaceOf,
  ofKind,
  type ParsedTree,
  type TreeObject,
  textsAt,
  valuesOf,
} from './parsed-tree.ts';
import { about, type Finding, type Rule } from './rule.ts';

/** The generated routes of apps, which are named after the app. */
function appRoutes(tree: ParsedTree): TreeObject[] {
  return routes(tree).filter(({ object, rendered }) => !rendered && object.metadata.name.startsWith('app-'));
}

const onlyGatewayCalls: Rule = {
  name: 'only-the-gateway-calls',
  reason:
    'A client that reaches an app without the gateway can set the identity headers itself (kubeflow/kubeflow#7032, istio docs, reference/config/security/authorization-policy).',
  check(tree) {
    const policies = ofKind(tree, 'AuthorizationPolicy', 'security.istio.io').filter(
      ({ object }) => at(object, 'spec', 'action') !== 'CUSTOM' && at(object, 'spec', 'action') !== 'DENY',
    );
    return routes(tree)
      .filter(({ rendered }) => !rendered)
      .flatMap((route) =>
        destinations(route)
          // Argo CD is installed before the mesh, and checks tokens itself.
          .filter((namespace) => !namespacesOutsideTheMesh(tree).has(namespace))
          .filter((namespace) => !policies.some((policy) => namespaceOf(policy) === namespace && admitsGateway(policy)))
          .map((namespace) =>
            about(
              route,
              `routes to ${namespace}, where no AuthorizationPolicy admits the gateway's account`,
              'spec.http',
            ),
          ),
      );
  },
};

function admitsGateway({ object }: TreeObject): boolean {
  return listAt(object, 'spec', 'rules').some(isForGateway);
}

function isForGateway(rule: unknown): boolean {
  return listAt(rule, 'from').some((from) => textsAt(from, 'source', 'principals').includes(gatewayPrincipal));
}

/** Namespaces of the Services that a route leads to. */
function destinations(route: TreeObject): string[] {
  const hosts = listAt(route.object, 'spec', 'http').flatMap((http) =>
    listAt(http, 'route').map((target) => String(at(target, 'destination', 'host'))),
  );
  const namespaces = hosts.map((host) => host.split('.')[1] ?? namespaceOf(route));
  return [...new Set(namespaces)].filter((namespace) => namespace !== '');
}

/** Argo CD's namespace, which also holds the AppProjects. */
function namespacesOutsideTheMesh(tree: ParsedTree): ReadonlySet<string> {
  const roots = [...tree.files.values()].flatMap(({ objects }) =>
    objects.filter(({ kind }) => kind === 'AppProject').map(({ metadata }) => metadata.namespace ?? ''),
  );
  return new Set(roots);
}

const appsAskWho: Rule = {
  name: 'apps-ask-who',
  reason:
    "The gateway's check admits everyone who can log in; only the app's own filter decides who may open the app, so no app is served without it (envoy docs, http_filters/lua_filter: a script that fails lets requests pass).",
  check: (tree) =>
    appRoutes(tree).flatMap((route): Finding[] => {
      const { name } = route.object.metadata;
      const filter = ofKind(tree, 'EnvoyFilter', 'networking.istio.io').some(
        (item) => namespaceOf(item) === gatewayNamespace && item.object.metadata.name === name,
      );
      if (!filter) return [about(route, `there is no EnvoyFilter ${name} in ${gatewayNamespace}`, 'metadata.name')];
      return ofKind(tree, 'AuthorizationPolicy', 'security.istio.io')
        .filter((policy) => policy.object.metadata.name === name && namespaceOf(policy) === namespaceOf(route))
        .filter(({ object }) => !listAt(object, 'spec', 'rules').filter(isForGateway).every(asksForMark))
        .map((policy) => about(policy, `must require the header ${appMarker}`, 'spec.rules'));
    }),
};

function asksForMark(rule: unknown): boolean {
  return listAt(rule, 'when').some(
    (condition) =>
      at(condition, 'key') === `request.headers[${appMarker}]` &&
      textsAt(condition, 'values').every((text) => !text.includes('*')),
  );
}

/** The hosts of OAuth2 Proxy's route: the platform's. */
function platformHosts(tree: ParsedTree): Set<string> {
  const own = routes(tree).filter(({ object }) => object.metadata.name === 'oauth2-proxy');
  return new Set(own.flatMap(({ object }) => textsAt(object, 'spec', 'hosts')));
}

const nothingOpenOnOwnHosts: Rule = {
  name: 'nothing-open-on-own-hosts',
  reason:
    'The check skips /dex/ and /oauth2/ for Dex and OAuth2 Proxy; on another host the app would get these paths without a login, but with the session cookie (istio docs, tasks/security/authorization/authz-custom).',
  check(tree) {
    const hosts = platformHosts(tree);
    return routes(tree)
      .filter(({ rendered, object }) => !rendered && textsAt(object, 'spec', 'hosts').some((host) => !hosts.has(host)))
      .flatMap((route) => {
        const all = listAt(route.object, 'spec', 'http');
        const served = all.findIndex((http) => at(http, 'match') === undefined || !isOfLogin(http));
        const answered = all
          .slice(0, served === -1 ? all.length : served)
          .flatMap((http) => listAt(http, 'match').map((match) => String(at(match, 'uri', 'prefix'))));
        return ['/dex/', '/oauth2/']
          .filter((path) => !answered.includes(path))
          .map((path) => about(route, `must start with a directResponse for ${path}`, 'spec.http'));
      });
  },
};

/** An answer of the gateway itself, or of an OAuth2 Proxy. */
function isOfLogin(http: unknown): boolean {
  const targets = listAt(http, 'route').map((target) => String(at(target, 'destination', 'host')));
  return targets.every((host) => isProxy(host.replace(`.${authNamespace}.svc.cluster.local`, '')));
}

const onePlaceOneRoute: Rule = {
  name: 'one-place-one-route',
  reason:
    'Which of two VirtualServices with overlapping paths serves a request is undefined (istio docs, ops/best-practices/traffic-management).',
  check(tree) {
    const places = routes(tree).flatMap((route) =>
      textsAt(route.object, 'spec', 'hosts').flatMap((host) => paths(route).map((path) => ({ route, host, path }))),
    );
    return appRoutes(tree).flatMap((app) =>
      places
        .filter(({ route }) => route.object === app.object)
        .flatMap(({ host, path }) =>
          places
            .filter((other) => other.route.object !== app.object && other.host === host && overlap(path, other.path))
            .map((other) =>
              about(app, `${path} overlaps with ${nameOf(other.route.object)} (${other.path})`, 'spec.http'),
            ),
        ),
    );
  },
};

/** The prefixes that a route serves, with "/" at the end; without the catch-all "/", which matches last. */
function paths({ object }: TreeObject): string[] {
  return listAt(object, 'spec', 'http')
    .filter((http) => at(http, 'route') !== undefined)
    .flatMap((http) => listAt(http, 'match'))
    .flatMap((match) => at(match, 'uri', 'prefix') ?? at(match, 'uri', 'exact') ?? [])
    .map((path) => `${String(path).replace(/\/$/, '')}/`)
    .filter((path) => path !== '/');
}

function overlap(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

const cookieForItsHosts: Rule = {
  name: 'cookie-for-its-hosts',
  reason:
    'Browsers send a cookie with a domain to every host below it, and reject one whose name starts with __Host- (RFC 6265bis, cookie name prefixes).',
  check(tree) {
    const hosts = platformHosts(tree);
    const all = options(tree);
    const domains = all.filter(({ name }) => /^cookie-domains?$/.test(name));
    const own = routes(tree)
      .flatMap(({ object }) => textsAt(object, 'spec', 'hosts'))
      .filter((host) => !hosts.has(host));
    const name = all.findLast((option) => option.name === 'cookie-name');
    return [
      ...domains
        .filter(({ value }) => !hosts.has(String(value)))
        .map(({ file, path }) => ({ file, path, message: "must be the platform's host, not a wider domain" })),
      ...(own.length === 0 || valuesOf(tree, 'oauth2-proxy-apps').length > 0
        ? domains.map(({ file, path }) => ({ file, path, message: 'is not needed by any app: remove it' }))
        : []),
      ...(domains.length > 0 && name !== undefined && name.value !== sharedSessionCookie
        ? [{ file: name.file, path: name.path, message: `must be ${sharedSessionCookie}, as a cookie-domain is set` }]
        : []),
    ];
  },
};

/** Apps that are published beside Kubeflow. */
export const appRules: readonly Rule[] = [
  onlyGatewayCalls,
  appsAskWho,
  nothingOpenOnOwnHosts,
  onePlaceOneRoute,
  cookieForItsHosts,
];
