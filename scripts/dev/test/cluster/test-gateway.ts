import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashSync } from 'bcryptjs';
import { parse, stringify } from 'yaml';
import { accessFilter } from '../../../components/apps/access.ts';
import { gatewayLock } from '../../../components/gate.ts';
import { edgeFilters } from '../../../components/gateway-filters.ts';
import { checkPrefix } from '../../../components/identity.ts';
import { groupHeaders } from '../../../components/tenant-groups.ts';
import { at, listAt, valuesOf } from '../../../tree/rules/parsed-tree.ts';
import { ask } from '../../rehearsal/observe/ask.ts';
import { freePort } from '../../sandbox/api-server.ts';
import { envoyProgram } from '../../sandbox/base-image.ts';
import { buildPrograms } from '../../sandbox/build.ts';
import { containerOf } from './container.ts';
import { denialOf } from './istio-policy.ts';
import { renderUpstream } from './render-upstream.ts';
import { openScenario, type Scenario } from './scenarios.ts';

/** The hosts of the scenario: the platform's, and one that an app has of its own. */
export const platform = 'platform.example.com';
export const own = `metrics.${platform}`;
/** Of each user of the scenario. */
export const password = 'password of a user';
const hash = hashSync(password, 10);

/** What somebody takes out of the gateway: one object each. */
export const lost = ['nothing', 'check', 'edge', 'lock'] as const;
export type Lost = (typeof lost)[number];

/** What runs on this machine. */
export interface TestGateway {
  /** Port of Envoy, for plain HTTP. */
  port: number;
  /** Behind the check, which takes any identity for the check's answer: the filters, and a sidecar with Envoy's own limits. */
  inner: number;
  /** The same, while a part of the gate is gone. */
  ports: Readonly<Record<Lost, number>>;
  stop(): void;
}

/**
 * Starts the real Envoy with the filters of the tree, OAuth2 Proxy and Dex with its settings, and a program that says what reached it.
 * Plain HTTP; istiod's part, from objects to Envoy's settings, is written out here.
 */
export async function startTestGateway(): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-app-gateway-'));
  const scenario = await openScenario('apps-of-every-kind');
  const run = new Run(folder, scenario);
  try {
    const programs = await buildPrograms(['dex', 'oauth2-proxy'], { report: (line) => console.log(line) });
    const dex = await run.dex(programs.dex);
    const proxy = await run.proxy(programs['oauth2-proxy'], dex);
    const echo = await run.echo();
    const ports = await run.envoy({ dex, proxy, echo });
    return { port: ports.nothing, ports, inner: ports.inner, stop: () => run.stop() };
  } catch (error) {
    run.stop();
    throw error;
  }
}

interface Ports {
  dex: number;
  proxy: number;
  echo: number;
  sidecar: number;
}

class Run {
  readonly folder: string;
  readonly scenario: Scenario;
  readonly children: ChildProcess[] = [];
  upstream: Server | undefined;

  constructor(folder: string, scenario: Scenario) {
    this.folder = folder;
    this.scenario = scenario;
  }

  async dex(program: string): Promise<number> {
    const [port, telemetry] = [await freePort(), await freePort()];
    const { env } = await this.#settings('dex');
    const file = join(this.folder, 'dex.yaml');
    const settings = parse(readFileSync(join(this.folder, 'config.yaml'), 'utf8'));
    writeFileSync(file, stringify({ ...settings, storage: { type: 'memory' } }));
    const args = ['serve', '--web-http-addr', `127.0.0.1:${port}`, '--telemetry-addr', `127.0.0.1:${telemetry}`, file];
    await this.#start(program, args, env, `http://127.0.0.1:${telemetry}/healthz/ready`);
    return port;
  }

  async proxy(program: string, dex: number): Promise<number> {
    const port = await freePort();
    const { args, env } = await this.#settings('oauth2-proxy');
    const file = join(this.folder, 'oauth2_proxy.yml');
    const text = readFileSync(file, 'utf8')
      .replaceAll('http://dex.auth.svc.cluster.local:5556', `http://127.0.0.1:${dex}`)
      .replace('0.0.0.0:4180', `127.0.0.1:${port}`)
      .replace('0.0.0.0:44180', '127.0.0.1:0');
    writeFileSync(file, text);
    // There is no sidecar in front of it here.
    const local = args.map((arg) => arg.replace('127.0.0.6/32', '127.0.0.1/32'));
    await this.#start(program, local, env, `http://127.0.0.1:${port}/ping`);
    return port;
  }

  async echo(): Promise<number> {
    const server = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.setHeader('service-worker-allowed', '/');
      response.end(JSON.stringify({ path: request.url, headers: request.headers }));
    });
    this.upstream = server;
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return port;
  }

  async envoy(upstreams: Omit<Ports, 'sidecar'>): Promise<Record<Lost | 'inner', number>> {
    const ports = {
      nothing: await freePort(),
      check: await freePort(),
      edge: await freePort(),
      lock: await freePort(),
    };
    const [admin, inner, sidecar] = [await freePort(), await freePort(), await freePort()];
    const file = join(this.folder, 'envoy.json');
    writeFileSync(
      file,
      JSON.stringify(envoySettings(this.scenario, { ...ports, inner }, admin, { ...upstreams, sidecar })),
    );
    const args = ['-c', file, '--disable-hot-restart', '--concurrency', '1', '--log-level', 'warn'];
    await this.#start(await envoyProgram((line) => console.log(line)), args, {}, `http://127.0.0.1:${admin}/ready`);
    return { ...ports, inner };
  }

  stop(): void {
    for (const child of this.children) child.kill('SIGTERM');
    this.upstream?.close();
    this.scenario.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #start(program: string, args: readonly string[], env: NodeJS.ProcessEnv, ready: string): Promise<void> {
    const child = spawn(program, args, { env: { HOME: this.folder, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.children.push(child);
    let log = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
    const deadline = Date.now() + 60_000;
    while ((await ask(ready)).status !== 200) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${program}: ${log.slice(-3000)}`);
      await sleep(100);
    }
  }

  async #settings(component: string) {
    const rendered = await renderUpstream(this.scenario, [component]);
    return await containerOf(rendered.get(component) ?? [], component, this.folder, secretValue);
  }
}

/** As the bootstrap makes them. */
function secretValue(secret: string, key: string): string {
  if (secret === 'dex-users') return hash;
  if (key === 'client-id') return 'oauth2-proxy';
  return 'A'.repeat(43);
}

const types = 'type.googleapis.com/envoy';

function envoySettings(
  scenario: Scenario,
  listeners: Record<Lost | 'inner', number>,
  admin: number,
  ports: Ports,
): object {
  const address = (number: number) => ({ socket_address: { address: '127.0.0.1', port_value: number } });
  const cluster = (name: keyof Ports) => ({
    name,
    type: 'STATIC',
    connect_timeout: '5s',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(ports[name]) } }] }],
    },
  });
  return {
    admin: { address: address(admin) },
    static_resources: {
      clusters: [cluster('dex'), cluster('proxy'), cluster('echo'), cluster('sidecar')],
      listeners: lost
        .map((without) => ({
          name: `without ${without}`,
          address: address(listeners[without]),
          filter_chains: [{ filters: [connectionManager(scenario, without)] }],
        }))
        .concat(
          [
            {
              name: 'inner',
              address: address(listeners.inner),
              filters: behindTheCheck(scenario),
              to: 'sidecar' as const,
            },
            { name: 'sidecar', address: address(ports.sidecar), filters: [], to: 'echo' as const },
          ].map(({ filters, to, ...listener }) => ({
            ...listener,
            filter_chains: [{ filters: [plainManager(filters, to)] }],
          })),
        ),
    },
  };
}

function connectionManager(scenario: Scenario, without: Lost): object {
  const { cluster } = scenario;
  const edge = filtersOf(edgeFilters(cluster));
  const keep = ({ part, filters }: { part: Lost; filters: unknown[] }) => (part === without ? [] : filters);
  const open = {
    [filterName]: { '@type': `${types}.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute`, disabled: true },
  };
  const to = (name: keyof Ports) => ({ route: { cluster: name } });
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': `${types}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: 'gateway',
      common_http_protocol_options: { headers_with_underscores_action: 'DROP_HEADER' },
      // As istiod does.
      upgrade_configs: [{ upgrade_type: 'websocket' }],
      normalize_path: true,
      merge_slashes: true,
      path_with_escaped_slashes_action: 'UNESCAPE_AND_FORWARD',
      http_filters: [
        ...keep({ part: 'edge', filters: edge.first }),
        ...keep({ part: 'check', filters: [check(scenario)] }),
        ...keep({ part: 'lock', filters: [denialOf(gatewayLock(cluster))] }),
        ...keep({ part: 'edge', filters: edge.last }),
        ...behindTheCheck(scenario).slice(edge.last.length),
        router,
      ],
      route_config: {
        virtual_hosts: [
          {
            name: 'platform',
            domains: [platform],
            routes: [
              { match: { prefix: '/dex/' }, ...to('dex'), typed_per_filter_config: open },
              { match: { prefix: '/oauth2/' }, ...to('proxy'), typed_per_filter_config: open },
              { match: { prefix: '/' }, ...to('echo') },
            ],
          },
          { name: 'own', domains: [own, `cd.${platform}`], routes: [{ match: { prefix: '/' }, ...to('echo') }] },
        ],
      },
    },
  };
}

const router = { name: 'router', typed_config: { '@type': `${types}.extensions.filters.http.router.v3.Router` } };

function behindTheCheck({ cluster }: Scenario): unknown[] {
  const ofApps = cluster.runningApps.map((app) => accessFilter(cluster, app));
  return [edgeFilters(cluster), ...ofApps, groupHeaders(cluster)].flatMap((object) => filtersOf(object).last);
}

/** With the limits that Envoy has by itself. */
function plainManager(filters: readonly unknown[], to: keyof Ports): object {
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': `${types}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: to,
      http_filters: [...filters, router],
      route_config: {
        virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: to } }] }],
      },
    },
  };
}

/** Filters of an EnvoyFilter, in the order in which Istio puts them: each INSERT_FIRST before the one before. */
function filtersOf(object: object): { first: unknown[]; last: unknown[] } {
  const patches = listAt(object, 'spec', 'configPatches').filter((patch) => at(patch, 'applyTo') === 'HTTP_FILTER');
  const of = (operation: string) =>
    patches
      .filter((patch) => at(patch, 'patch', 'operation') === operation)
      .map((patch) => at(patch, 'patch', 'value'));
  return { first: of('INSERT_FIRST').toReversed(), last: of('INSERT_BEFORE') };
}

const filterName = 'envoy.filters.http.ext_authz';

/** What istiod makes of the provider in its values. */
function check(scenario: Scenario): object {
  const [values] = valuesOf(scenario.tree, 'istiod').filter(({ file }) => file.includes('/values/'));
  const provider = at(values?.values, 'meshConfig', 'extensionProviders', 0, 'envoyExtAuthzHttp');
  const headers = (key: string) => ({
    patterns: listAt(provider, key).map((name) => ({ exact: String(name), ignore_case: true })),
  });
  return {
    name: filterName,
    typed_config: {
      '@type': `${types}.extensions.filters.http.ext_authz.v3.ExtAuthz`,
      transport_api_version: 'V3',
      http_service: {
        server_uri: { uri: 'http://oauth2-proxy', cluster: 'proxy', timeout: '5s' },
        path_prefix: checkPrefix,
        authorization_request: {},
        authorization_response: {
          allowed_upstream_headers: headers('headersToUpstreamOnAllow'),
          allowed_client_headers: headers('headersToDownstreamOnDeny'),
          allowed_client_headers_on_success: headers('headersToDownstreamOnAllow'),
        },
      },
      allowed_headers: headers('includeRequestHeadersInCheck'),
    },
  };
}
