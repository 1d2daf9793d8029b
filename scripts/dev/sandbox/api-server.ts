import { randomInt } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { buildPrograms, type Report } from './build.ts';
import { apiServerCommand, type Command, etcdCommand } from './control-plane.ts';
import { SandboxError } from './errors.ts';
import { statusOf, waitUntil } from './https-get.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { serviceNetwork } from './network.ts';
import { type Authority, type KeyPair, makeTokenKeys, openAuthority } from './pki.ts';
import { isRunning, logTail, startProcess, stopProcess } from './processes.ts';

/** A user of an API server, for tests of what missing rights look like. */
interface UserSpec {
  name: string;
  groups?: readonly string[];
}

/** A real API server with its own etcd, and nothing else: no controllers, no node. */
export interface ApiServer {
  /** A kubeconfig of the administrator (group system:masters). */
  kubeconfigPath: string;
  contextName: string;
  url: string;
  /** Everything it writes: data, keys, logs (logs/kube-apiserver.log). */
  folder: string;
  /** Writes a kubeconfig for a user who has just the rights that RBAC gives; returns its path. */
  kubeconfigFor(user: UserSpec): Promise<string>;
  /** Ends both of its processes and returns when they are gone. The folder stays. */
  stop(): Promise<void>;
}

/** How to start an API server. */
export interface ApiServerOptions {
  /** An empty or new folder for all that it writes; its own, for no two servers share one. */
  folder: string;
  /** The name of the context in its kubeconfigs. */
  contextName?: string;
  /** Takes progress lines, when a program has to be built first. */
  report?: Report;
  /** Gives pods what their service account has, and refuses those without one. No one makes accounts here. */
  podAccounts?: boolean;
}

interface Ports {
  api: number;
  etcd: number;
  peer: number;
}

const etcd = 'etcd';
const apiServer = 'kube-apiserver';

/**
 * Starts etcd and kube-apiserver on loopback, on free ports, with certificates of their own and RBAC, and waits until
 * the server is ready. Both end with the process that started them, also when that is killed.
 * Without controllers, namespaces are never finished deleting and no service account gets made.
 * @throws SandboxError when a program cannot be built, or does not come up: with the end of its log.
 */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { folder, contextName = 'breakwater-test', podAccounts = false } = options;
  const paths = await buildPrograms([etcd, apiServer], options.report ? { report: options.report } : {});
  await mkdir(folder, { recursive: true });
  const authority = await openAuthority(join(folder, 'pki'));
  const admin = await authority.issue({ name: 'admin', commonName: 'admin', organizations: ['system:masters'] });
  const loopback = ['DNS:localhost', 'IP:127.0.0.1'];
  const serving = await authority.issue({ name: 'server', commonName: 'server', subjectAltNames: loopback });
  const tokens = await makeTokenKeys(authority.folder);

  const stop = async () => {
    await stopProcess(folder, apiServer);
    await stopProcess(folder, etcd);
  };
  const ports = await startOnFreePorts({ folder, paths, authority, admin, serving, tokens, stop, podAccounts });
  const url = `https://127.0.0.1:${ports.api}`;
  const kubeconfig = async (file: string, user: KeyPair) => {
    await writeKubeconfig({ file, contextName, url, authority, user });
    return file;
  };
  return {
    kubeconfigPath: await kubeconfig(join(folder, 'admin.kubeconfig'), admin),
    contextName,
    url,
    folder,
    stop,
    async kubeconfigFor({ name, groups = [] }) {
      const user = await authority.issue({ name: `user-${name}`, commonName: name, organizations: groups });
      return kubeconfig(join(folder, `${name}.kubeconfig`), user);
    },
  };
}

interface StartSpec {
  folder: string;
  paths: Record<typeof etcd | typeof apiServer, string>;
  authority: Authority;
  admin: KeyPair;
  serving: KeyPair;
  tokens: KeyPair;
  stop: () => Promise<void>;
  podAccounts: boolean;
}

// Between the look for a free port and its use another process may take it: then everything is tried on new ones.
async function startOnFreePorts(spec: StartSpec, tries = 3): Promise<Ports> {
  const ports = { api: await freePort(), etcd: await freePort(), peer: await freePort() };
  const env = { PATH: process.env.PATH, HOME: spec.folder };
  await rm(join(spec.folder, 'etcd'), { recursive: true, force: true });
  const { store, server } = commands(spec, ports);
  await startProcess(spec.folder, { name: etcd, command: store, env, endWithParent: true });
  await startProcess(spec.folder, { name: apiServer, command: server, env, endWithParent: true });
  let dead: string | undefined;
  const ready = async () => {
    for (const name of [etcd, apiServer]) if (!(await isRunning(spec.folder, name))) dead = name;
    if (dead) return true;
    const status = await statusOf(`https://127.0.0.1:${ports.api}/readyz`, spec.authority, spec.admin).catch(() => 0);
    return status === 200;
  };
  const inTime = await waitUntil(ready, 120_000);
  if (inTime && !dead) return ports;
  const failed = dead ?? apiServer;
  const log = logTail(spec.folder, failed);
  await spec.stop();
  if (tries > 1 && log.includes('address already in use')) return startOnFreePorts(spec, tries - 1);
  const what = dead ? 'ended' : 'was not ready within 120 s';
  throw new SandboxError(`${failed} ${what}; the end of its log in ${spec.folder}/logs:\n${log}`);
}

function commands(spec: StartSpec, ports: Ports): { server: Command; store: Command } {
  const { folder, paths, authority, serving, tokens } = spec;
  const shared = {
    authority,
    serving,
    etcdUrl: `https://127.0.0.1:${ports.etcd}`,
    etcdPeerUrl: `https://127.0.0.1:${ports.peer}`,
  };
  const server = apiServerCommand(paths[apiServer], { ...shared, tokens, serviceNetwork }, [
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.api}`,
    '--authorization-mode=RBAC',
    // No node routes to a Service here, and a loopback address is refused as an endpoint.
    '--endpoint-reconciler-type=none',
    ...(spec.podAccounts ? [] : ['--disable-admission-plugins=ServiceAccount']),
  ]);
  return { server, store: etcdCommand(paths.etcd, join(folder, 'etcd'), shared) };
}

/**
 * A TCP port on loopback that is free at this moment. It lies below those that Linux gives to outgoing connections: one of these
 * took a port now and then before the program that it was meant for.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
