import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { parse } from 'yaml';
import type { Cluster } from '../../../config/cluster.ts';
import { ofKind } from '../../../tree/rules/parsed-tree.ts';
import { ask } from '../../rehearsal/observe/ask.ts';
import { freePort } from '../../sandbox/api-server.ts';
import { envoyProgram } from '../../sandbox/base-image.ts';
import { buildPrograms } from '../../sandbox/build.ts';
import { startUntilReady, stopProcess, stopProcesses } from '../../sandbox/processes.ts';
import type { Settings } from '../config-options.ts';
import { containerOf } from './container.ts';
import { startRealDex } from './real-dex.ts';
import { renderUpstream } from './render-upstream.ts';
import { openScenario, type Scenario } from './scenarios.ts';
import { envoySettings, type Lost, type Ports } from './test-envoy.ts';

/** Of each user of the scenario. */
export const password = 'password of a user';
const hash = hashSync(password, 10);

/** How many groups people of the scenario are in, beside the few of its own users. */
export const groupCounts = [10, 100, 400, 500, 800] as const;

/** @returns the address of the person in so many groups */
export function manyGroups(count: number): string {
  return `groups-${count}@example.com`;
}

/** Of someone at an identity provider that keeps addresses as people type them. */
export const mixedCase = 'Ann.Smith@Example.COM';

/** Of someone whom an identity provider lets choose any address. */
export const hostile = `<b>o'neil</b>&"@example.com`;

/** After what time a session is renewed with Dex. */
export const refreshSeconds = 3;

/** A user of Dex in so many groups. Names of 37 letters that no compression shortens, as Entra's are; then two that apps name. */
function userOfDex(email: string, count: number): object {
  const name = (index: number) => `g${createHash('sha256').update(String(index)).digest('hex').slice(0, 36)}`;
  const groups = Array.from({ length: count - 2 }, (_, index) => name(index));
  return { email, username: email, userID: email, hash, groups: [...groups, 'platform-editors', 'Team Blue'] };
}

/** @returns the headers that reached the program */
export function seen({ body }: { body: string }): Record<string, string> {
  return (JSON.parse(body) as { headers: Record<string, string> }).headers;
}

/** What runs on this machine. */
export interface TestGateway {
  cluster: Cluster;
  /** Port of Envoy, for plain HTTP. */
  port: number;
  /** The same, while a part of the gate is gone. */
  ports: Readonly<Record<Lost, number>>;
  /** Stops OAuth2 Proxy alone. */
  loseProxy(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the real Envoy with the filters of the tree, OAuth2 Proxy and Dex with its settings, and a program that says what reached it.
 * Plain HTTP.
 *
 * @param settings laid over those of the scenario's cluster.yaml
 * @param files texts of further files of the repository
 */
export async function startTestGateway(
  settings: Settings = {},
  files: Readonly<Record<string, string>> = {},
): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-app-gateway-'));
  const scenario = await openScenario('apps-of-every-kind', {}, settings, files);
  const run = new Run(folder, scenario);
  try {
    const programs = await buildPrograms(['oauth2-proxy'], { report: (line) => console.log(line) });
    const [dex, proxy, appsProxy, echo] = [await freePort(), await freePort(), await freePort(), await run.echo()];
    // First: what the others connect to and from may be a port that was free before.
    const ports = await run.envoy({ dex, proxy, appsProxy, echo });
    await run.dex(dex);
    await run.proxy('oauth2-proxy', programs['oauth2-proxy'], proxy, dex);
    if (run.scenario.cluster.auth.userCodeHost)
      await run.proxy('oauth2-proxy-apps', programs['oauth2-proxy'], appsProxy, dex);
    return {
      cluster: run.scenario.cluster,
      port: ports.nothing,
      ports,
      loseProxy: () => stopProcess(folder, 'oauth2-proxy'),
      stop: () => run.stop(),
    };
  } catch (error) {
    await run.stop();
    throw error;
  }
}

class Run {
  readonly folder: string;
  readonly scenario: Scenario;
  upstream: Server | undefined;

  constructor(folder: string, scenario: Scenario) {
    this.folder = folder;
    this.scenario = scenario;
  }

  async dex(port: number): Promise<void> {
    const { env, folder, root } = await this.#settings('dex');
    const settings = parse(readFileSync(join(folder, 'config.yaml'), 'utf8'));
    const extra = [
      userOfDex(mixedCase, 2),
      { ...userOfDex(hostile, 2), groups: [] },
      ...groupCounts.map((count) => userOfDex(manyGroups(count), count)),
    ];
    const staticPasswords = [...settings.staticPasswords, ...extra];
    await startRealDex(this.folder, () => ({ ...settings, staticPasswords }), { port, env, root });
  }

  async proxy(component: string, program: string, port: number, dex: number): Promise<void> {
    const { args, env, folder } = await this.#settings(component);
    const file = join(folder, 'oauth2_proxy.yml');
    const text = readFileSync(file, 'utf8')
      .replaceAll('http://dex.auth.svc.cluster.local:5556', `http://127.0.0.1:${dex}`)
      .replace('0.0.0.0:4180', `127.0.0.1:${port}`)
      .replace('0.0.0.0:44180', '127.0.0.1:0');
    writeFileSync(file, text);
    // There is no sidecar in front of it here.
    const local = args.map((arg) =>
      arg.replace('127.0.0.6/32', '127.0.0.1/32').replace(/^(--cookie-refresh=).*/, `$1${refreshSeconds}s`),
    );
    await this.#start(component, [program, ...local], env, `http://127.0.0.1:${port}/ping`);
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

  async envoy(upstreams: Pick<Ports, 'dex' | 'proxy' | 'appsProxy' | 'echo'>): Promise<Record<Lost, number>> {
    const ports = {
      nothing: await freePort(),
      check: await freePort(),
      edge: await freePort(),
      lock: await freePort(),
    };
    const admin = await freePort();
    const sidecars = {
      sidecar: await freePort(),
      proxySidecar: await freePort(),
      appsProxySidecar: await freePort(),
    };
    const all = { ...upstreams, ...sidecars };
    const file = join(this.folder, 'envoy.json');
    writeFileSync(file, JSON.stringify(envoySettings(this.scenario, ports, admin, all)));
    const args = ['-c', file, '--disable-hot-restart', '--concurrency', '1', '--log-level', 'warn'];
    const program = await envoyProgram((line) => console.log(line));
    await this.#start('envoy', [program, ...args], {}, `http://127.0.0.1:${admin}/ready`);
    return ports;
  }

  async stop(): Promise<void> {
    await stopProcesses(this.folder);
    this.upstream?.close();
    this.scenario.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #start(name: string, command: readonly [string, ...string[]], env: NodeJS.ProcessEnv, ready: string) {
    const surroundings = { PATH: process.env.PATH, HOME: this.folder, ...env };
    await startUntilReady(
      this.folder,
      { name, command, env: surroundings, endWithParent: true },
      async () => (await ask(ready)).status === 200,
    );
  }

  async #settings(component: string) {
    const rendered = await renderUpstream(this.scenario, [component]);
    const folder = join(this.folder, component);
    mkdirSync(folder);
    const own = ofKind(this.scenario.tree, 'ConfigMap').map(({ object }) => object);
    return { ...(await containerOf(rendered.get(component) ?? [], component, folder, secretValue, own)), folder };
  }
}

/** Value of every other Secret. */
export const secret = 'A'.repeat(43);

/** As the bootstrap makes them. */
function secretValue(name: string, key: string): string {
  if (name === 'dex-users') return hash;
  if (key === 'client-id') return name;
  return name === 'oauth2-proxy-apps' ? secret.replaceAll('A', 'B') : secret;
}
