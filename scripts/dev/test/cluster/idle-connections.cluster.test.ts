import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allObjects, at, valuesOf } from '../../../tree/rules/parsed-tree.ts';
import { ask } from '../../rehearsal/observe/ask.ts';
import { freePort } from '../../sandbox/api-server.ts';
import { envoyProgram } from '../../sandbox/base-image.ts';
import { startUntilReady, stopProcesses } from '../../sandbox/processes.ts';
import { openScenario } from './scenarios.ts';

/** How long it takes the gateway to see a connection closed, in milliseconds: meanwhile it sends requests on one that is gone. */
const distance = 3_000;
const pages = 30;

let node: HttpServer;
let between: Server;
const folder = mkdtempSync(join(tmpdir(), 'breakwater-idle-'));
const ports = { before: 0, now: 0 };

beforeAll(async () => {
  // Ends idle connections after five seconds, which is Node's own default.
  node = createHttpServer((_, response) => response.end('a page'));
  expect(node.keepAliveTimeout).toBe(5_000);
  const upstream = await listen(node);
  between = createServer((near) => {
    const far = connect({ port: upstream, host: '127.0.0.1', allowHalfOpen: true });
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.pipe(far);
    far.on('data', (data) => near.write(data));
    far.on('end', () => setTimeout(() => near.end(), distance));
  });
  const [admin, before, now] = [await freePort(), await freePort(), await freePort()];
  Object.assign(ports, { before, now });
  const file = join(folder, 'envoy.json');
  writeFileSync(file, JSON.stringify(settings(await listen(between), admin, await idleTimeout())));
  const program = await envoyProgram((line) => console.log(line));
  const command = [program, '-c', file, '--disable-hot-restart', '--concurrency', '1', '--log-level', 'error'] as const;
  await startUntilReady(
    folder,
    { name: 'envoy', command, endWithParent: true },
    async () => (await ask(`http://127.0.0.1:${admin}/ready`)).status === 200,
  );
});
afterAll(async () => {
  await stopProcesses(folder);
  between?.close();
  node?.close();
  node?.closeAllConnections();
  rmSync(folder, { recursive: true });
});

it('a page that is asked for as Node ends the idle connection comes all the same', async () => {
  const [failedBefore, failed] = await Promise.all([failures(ports.before), failures(ports.now)]);
  expect(failed).toBe(0);
  // Else the moment was missed, and the line above shows nothing.
  expect(failedBefore).toBeGreaterThan(0);
});

/** @returns how many of many pages, each on a connection of its own, fail after an idle pause */
async function failures(port: number): Promise<number> {
  const load = async () =>
    await Promise.all(
      Array.from({ length: pages }, () => ask(`http://127.0.0.1:${port}/`).then(({ status }) => status)),
    );
  expect(await load()).toEqual(Array(pages).fill(200));
  await sleep(5_000 + distance / 2);
  return (await load()).filter((status) => status !== 200).length;
}

/** What istiod makes of meshConfig.defaultTrafficPolicy, on each cluster whose DestinationRule has no connectionPool of its own. */
async function idleTimeout(): Promise<string> {
  const { tree, remove } = await openScenario('demo');
  try {
    const pools = allObjects(tree)
      .filter(({ object }) => object.kind === 'DestinationRule')
      .filter(({ object }) => at(object.spec, 'trafficPolicy', 'connectionPool') !== undefined);
    expect(pools).toEqual([]);
    const path = ['meshConfig', 'defaultTrafficPolicy', 'connectionPool', 'http', 'idleTimeout'];
    const [timeout] = valuesOf(tree, 'istiod').flatMap(({ values }) => at(values, ...path) ?? []);
    return String(timeout);
  } finally {
    remove();
  }
}

async function listen(server: Server | HttpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function settings(upstream: number, admin: number, timeout: string): object {
  const types = 'type.googleapis.com/envoy';
  const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });
  const cluster = (name: string, options: object) => ({
    name,
    type: 'STATIC',
    connect_timeout: '5s',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(upstream) } }] }],
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': `${types}.extensions.upstreams.http.v3.HttpProtocolOptions`,
        explicit_http_config: { http_protocol_options: {} },
        common_http_protocol_options: options,
      },
    },
  });
  const listener = (name: string, port: number) => ({
    name,
    address: address(port),
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type': `${types}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
              stat_prefix: name,
              http_filters: [
                {
                  name: 'envoy.filters.http.router',
                  typed_config: { '@type': `${types}.extensions.filters.http.router.v3.Router` },
                },
              ],
              route_config: {
                // istiod's default retries, which do not repeat what may have been read.
                virtual_hosts: [
                  {
                    name,
                    domains: ['*'],
                    retry_policy: {
                      num_retries: 2,
                      retry_on: 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes',
                    },
                    routes: [{ match: { prefix: '/' }, route: { cluster: name } }],
                  },
                ],
              },
            },
          },
        ],
      },
    ],
  });
  return {
    admin: { address: address(admin) },
    static_resources: {
      clusters: [cluster('before', {}), cluster('now', { idle_timeout: timeout })],
      listeners: [listener('before', ports.before), listener('now', ports.now)],
    },
  };
}
