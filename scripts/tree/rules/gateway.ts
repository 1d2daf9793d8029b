import { edgeFilterName, gatewayNamespace, gatewaySelector } from '../../components/domain.ts';
import { authProvider, userCodeProvider } from '../../components/gate.ts';
import { severalProviders } from '../../components/istiod.ts';
import {
  at,
  isMap,
  listAt,
  namespaceOf,
  ofKind,
  type ParsedTree,
  type TreeObject,
  textsAt,
  valuesOf,
} from './parsed-tree.ts';
import { about, type Finding, type Rule } from './rule.ts';

/** True when the labels select the gateway's pods; no labels select every pod of the namespace. */
function selectsGateway(labels: unknown): boolean {
  if (!isMap(labels)) return true;
  return Object.entries(labels).every(([key, value]) => (gatewaySelector as Record<string, string>)[key] === value);
}

/** Every Gateway object that opens a port on the gateway's pods, in any namespace. */
function gateways(tree: ParsedTree): TreeObject[] {
  return ofKind(tree, 'Gateway', 'networking.istio.io').filter(({ object }) =>
    selectsGateway(at(object, 'spec', 'selector')),
  );
}

/** @returns the policies that ask a provider about requests to the gateway */
export function customPolicies(tree: ParsedTree): TreeObject[] {
  return ofKind(tree, 'AuthorizationPolicy', 'security.istio.io').filter(
    (item) =>
      at(item.object, 'spec', 'action') === 'CUSTOM' &&
      namespaceOf(item) === gatewayNamespace &&
      selectsGateway(at(item.object, 'spec', 'selector', 'matchLabels')),
  );
}

const oneLoginCheck: Rule = {
  name: 'one-login-check',
  reason:
    'Istio refuses all requests where two CUSTOM providers are for one workload, unless istiod is told to ask each; without one, every route is open (istio/istio#34041).',
  check(tree) {
    const opened = gateways(tree);
    const policies = customPolicies(tree);
    const providers = new Set(policies.map(({ object }) => String(at(object, 'spec', 'provider', 'name'))));
    const [first] = opened;
    if (policies.length === 0 && first !== undefined) {
      return [about(first, `is not checked by any CUSTOM AuthorizationPolicy in ${gatewayNamespace}`)];
    }
    // Only users' code has a second one, on hosts that the first leaves out.
    const known = [...providers].every((name) => name === authProvider || name === userCodeProvider);
    return providers.size > 1 && !(known && asksSeveral(tree))
      ? policies.map((policy) =>
          about(
            policy,
            `the gateway must have one provider, not ${providers.size}: ${[...providers].join(', ')}`,
            'spec.provider',
          ),
        )
      : [];
  },
};

function asksSeveral(tree: ParsedTree): boolean {
  const values = valuesOf(tree, 'istiod').map((layer) => at(layer.values, 'pilot', 'env', severalProviders));
  return values.findLast((value) => value !== undefined) === 'true';
}

/** Target ports on the gateway's pods by Service port, from the chart's values; the default target is the same port. */
function targetPorts(tree: ParsedTree): Map<number, number> {
  const ports = valuesOf(tree, 'gateway').flatMap(({ values }) => [...listAt(values, 'service', 'ports')]);
  return new Map(ports.map((port) => [Number(at(port, 'port')), Number(at(port, 'targetPort') ?? at(port, 'port'))]));
}

interface Server {
  item: TreeObject;
  index: number;
  server: unknown;
  /** Port on which the pods listen. */
  port: number;
  encrypted: boolean;
}

function servers(tree: ParsedTree): Server[] {
  const targets = targetPorts(tree);
  return gateways(tree).flatMap((item) =>
    listAt(item.object, 'spec', 'servers').map((server, index) => {
      const port = Number(at(server, 'port', 'number'));
      const protocol = String(at(server, 'port', 'protocol'));
      return { item, index, server, port: targets.get(port) ?? port, encrypted: /^(HTTPS|TLS)$/.test(protocol) };
    }),
  );
}

function finding({ item, index }: Server, field: string, message: string): Finding {
  return about(item, message, `spec.servers[${index}].${field}`);
}

const everyPortIsChecked: Rule = {
  name: 'every-port-is-checked',
  reason:
    "A policy's port is the pod's port, so a rule for a port other than the listener's checks nothing (ISTIO-SECURITY-2021-002).",
  check(tree) {
    const rules = customPolicies(tree).flatMap(({ object }) => listAt(object, 'spec', 'rules'));
    return servers(tree)
      .filter(({ encrypted }) => encrypted)
      .filter(({ port }) => rules.length > 0 && !covered(rules, String(port)))
      .map((server) =>
        finding(
          server,
          'port',
          `port ${server.port} of the pods is not covered by any rule of the CUSTOM AuthorizationPolicy`,
        ),
      );
  },
};

/** True when the rules are for every host on a port, whatever the paths that they leave to other services: what one leaves out, others name. */
function covered(rules: readonly unknown[], port: string): boolean {
  const unconditional = rules.filter((rule) => at(rule, 'from') === undefined && at(rule, 'when') === undefined);
  if (unconditional.some((rule) => listAt(rule, 'to').length === 0)) return true;
  const open = unconditional
    .flatMap((rule) => listAt(rule, 'to').map((target) => at(target, 'operation')))
    .filter((operation) => ['methods', 'paths', 'notMethods'].every((field) => at(operation, field) === undefined))
    .filter((operation) => {
      const ports = textsAt(operation, 'ports');
      return (ports.length === 0 || ports.includes(port)) && !textsAt(operation, 'notPorts').includes(port);
    });
  const named = new Set(open.flatMap((operation) => textsAt(operation, 'hosts')));
  return open.some(
    (operation) =>
      at(operation, 'hosts') === undefined && textsAt(operation, 'notHosts').every((host) => named.has(host)),
  );
}

/** Dex, OAuth2 Proxy, and Argo CD's webhook, whose secret Argo CD checks itself. */
const openPaths = /^\/(dex|oauth2)\/\*$|^\/hooks\/argocd$/;

const fewOpenPaths: Rule = {
  name: 'few-open-paths',
  reason:
    "Each path excluded from the check is open to everyone; only those of Dex, OAuth2 Proxy and Argo CD's webhook may be (oauth2-proxy/oauth2-proxy#3083).",
  check: (tree) =>
    customPolicies(tree).flatMap((policy) =>
      listAt(policy.object, 'spec', 'rules').flatMap((rule) =>
        listAt(rule, 'to').flatMap((target) =>
          textsAt(target, 'operation', 'notPaths')
            .filter((path) => !openPaths.test(path))
            .map((path) => about(policy, `"${path}" is excluded from the check`, 'spec.rules')),
        ),
      ),
    ),
};

const plainPortOnlyRedirects: Rule = {
  name: 'plain-port-only-redirects',
  reason:
    'A route is served on every server of its Gateway: beside a TLS server, port 80 serves it without TLS and, as the check excludes port 80, without a login (ISTIO-SECURITY-2021-002; istio/istio#27643).',
  check(tree) {
    const plain = servers(tree).filter(({ encrypted }) => !encrypted);
    return plain.flatMap((server) => {
      if (Number(at(server.server, 'port', 'number')) !== 80) {
        return [finding(server, 'port', 'listens without TLS on a port other than 80')];
      }
      return at(server.server, 'tls', 'httpsRedirect') === true ? [] : servedOnPlainPort(tree, server);
    });
  },
};

/** Findings about a server without TLS that serves more than redirects and ACME's challenge. */
function servedOnPlainPort(tree: ParsedTree, plain: Server): Finding[] {
  const { object } = plain.item;
  const shared = servers(tree).some(({ item, encrypted }) => item.object === object && encrypted);
  if (shared) return [finding(plain, 'port', 'port 80 needs a Gateway of its own: here it serves every route of 443')];
  const bound = boundTo(tree, object.metadata.name, namespaceOf(plain.item));
  const redirects = bound.some(({ object: service }) => listAt(service, 'spec', 'http').some(redirectsAll));
  if (!redirects) return [finding(plain, 'port', 'no VirtualService redirects port 80 to https')];
  return bound.flatMap((service) =>
    listAt(service.object, 'spec', 'http')
      .filter((route) => at(route, 'redirect', 'scheme') !== 'https' && !servesChallenges(route))
      .map(() => about(service, 'port 80 may only redirect to https', 'spec.http')),
  );
}

function redirectsAll(route: unknown): boolean {
  return at(route, 'redirect', 'scheme') === 'https' && at(route, 'match') === undefined;
}

function servesChallenges(route: unknown): boolean {
  const matches = listAt(route, 'match');
  return (
    matches.length > 0 &&
    matches.every((match) => /^\/\.well-known\/acme-challenge\//.test(String(at(match, 'uri', 'prefix'))))
  );
}

/** The VirtualServices bound to a Gateway. */
function boundTo(tree: ParsedTree, name: string, namespace: string): TreeObject[] {
  return ofKind(tree, 'VirtualService', 'networking.istio.io').filter((item) =>
    textsAt(item.object, 'spec', 'gateways').some(
      (bound) => bound === `${namespace}/${name}` || (bound === name && namespaceOf(item) === namespace),
    ),
  );
}

/** @returns the VirtualServices bound to a Gateway with TLS: what users reach */
export function routes(tree: ParsedTree): TreeObject[] {
  const bound = servers(tree)
    .filter(({ encrypted }) => encrypted)
    .flatMap(({ item }) => boundTo(tree, item.object.metadata.name, namespaceOf(item)));
  return [...new Set(bound.map(({ object }) => object))].flatMap(
    (object) => bound.find((item) => item.object === object) ?? [],
  );
}

const modernTls: Rule = {
  name: 'modern-tls',
  reason: 'TLS 1.0 and 1.1 are broken, and without a minimum the default of the proxy version applies (RFC 8996).',
  check: (tree) =>
    servers(tree)
      .filter(({ encrypted, server }) => encrypted && at(server, 'tls', 'mode') !== 'PASSTHROUGH')
      .filter(({ server }) => !/^TLSV1_[23]$/.test(String(at(server, 'tls', 'minProtocolVersion'))))
      .map((server) => finding(server, 'tls.minProtocolVersion', 'must be TLSV1_2 or TLSV1_3')),
};

const address = /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]+)$/i;

const namedHosts: Rule = {
  name: 'named-hosts',
  reason:
    'The host "*" answers for any name, so that another site can front the login (canonical/bundle-kubeflow#539).',
  check(tree) {
    const bound = routes(tree);
    const hosts = bound.flatMap(({ object }) => textsAt(object, 'spec', 'hosts'));
    // Clients never send an IP address as SNI: there the server accepts all names, and the routes select by host.
    const byAddress = hosts.length > 0 && hosts.every((host) => address.test(host));
    return [
      ...(byAddress ? [] : servers(tree))
        .filter(({ server }) => textsAt(server, 'hosts').some((host) => host.includes('*')))
        .map((server) => finding(server, 'hosts', 'must name the host, not a wildcard')),
      ...bound
        .filter(({ object }) => textsAt(object, 'spec', 'hosts').some((host) => host.includes('*')))
        .map((route) => about(route, 'must name the host, not a wildcard', 'spec.hosts')),
    ];
  },
};

const checkBeforeRoutes: Rule = {
  name: 'check-before-routes',
  reason: 'A route that exists before the check and the filters is open until they exist (design: fail closed).',
  check(tree) {
    const waveIn = ({ object }: TreeObject) =>
      Number(object.metadata.annotations?.['argocd.argoproj.io/sync-wave'] ?? 0);
    const served = [...gateways(tree), ...routes(tree)];
    const earliest = (list: readonly TreeObject[]) => Math.min(...list.map((item) => step(item, waveIn)));
    const first = earliest(served);
    // An app's own filter only has to exist before the routes of that app.
    const limit = (guard: TreeObject) =>
      guard.object.kind === 'EnvoyFilter' && guard.object.metadata.name !== edgeFilterName
        ? earliest(served.filter(({ application }) => application?.name === guard.application?.name))
        : first;
    return [...customPolicies(tree), ...ofKind(tree, 'EnvoyFilter', 'networking.istio.io')]
      .filter((item) => namespaceOf(item) === gatewayNamespace && step(item, waveIn) >= limit(item))
      .map((guard) => about(guard, 'must be in an earlier wave than the Gateway and all routes'));
  },
};

/** One number that orders by the Application's wave, then by the wave within it. */
function step(item: TreeObject, waveIn: (item: TreeObject) => number): number {
  return (item.application?.wave ?? 0) * 1000 + waveIn(item);
}

/** The gateway is the only entry, and checks each request. */
export const gatewayRules: readonly Rule[] = [
  oneLoginCheck,
  everyPortIsChecked,
  fewOpenPaths,
  plainPortOnlyRedirects,
  modernTls,
  namedHosts,
  checkBeforeRoutes,
];
