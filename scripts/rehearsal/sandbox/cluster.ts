import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Box, closeBox, enter, findBox, inside, openBox } from './box.ts';
import { buildPrograms, type Report } from './build.ts';
import { packCharts } from './chart-repository.ts';
import {
  apiServerCommand,
  type Command,
  controllerManagerCommand,
  etcdCommand,
  schedulerCommand,
} from './control-plane.ts';
import { dnsObjects } from './dns.ts';
import { SandboxError } from './errors.ts';
import { statusOf, waitUntil } from './https-get.ts';
import { builtVersions, type ImageVersions, makeImages } from './image-table.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { kubectl } from './kubectl.ts';
import { checkMachine, searchPath } from './needs.ts';
import { apiServiceAddress, closeNetwork, type Network, openNetwork, serviceNetwork } from './network.ts';
import { cgroupOf, nodeName, prepareNode } from './node.ts';
import { type Authority, type KeyPair, makeTokenKeys, openAuthority } from './pki.ts';
import { isRunning, logTail, startedProcesses, startProcess, stopProcess } from './processes.ts';
import type { ServeSettings } from './serve.ts';

/** What a sandbox is asked for. */
export interface SandboxOptions {
  /** All of its state; its own. */
  folder: string;
  /** Tags of images, where they differ from the versions that are built. */
  images?: Partial<ImageVersions>;
  /** Folders of charts to serve, at `chartsUrl`. */
  charts?: readonly string[];
  /** Name → bare repository to serve, at `gitUrl`/NAME. */
  repositories?: Readonly<Record<string, string>>;
  /** Names that pods can look up besides the cluster's own → address. */
  hosts?: Readonly<Record<string, string>>;
  report?: Report;
}

/** A running sandbox: what others need to use it. All addresses are reached from this machine and from pods. */
export interface Sandbox {
  folder: string;
  kubeconfigPath: string;
  contextName: string;
  network: Network;
  chartsUrl: string;
  gitUrl: string;
}

const programNames = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
] as const;

const contextName = 'breakwater-sandbox';
const servePort = 5000;

/** Builds everything that a sandbox needs, and starts nothing. */
export async function buildSandbox(options: { images?: Partial<ImageVersions>; report: Report }) {
  checkMachine();
  const programs = await buildPrograms(programNames, options);
  const images = await makeImages({ ...builtVersions, ...options.images }, options.report);
  return { programs, images };
}

/**
 * Makes a one-node cluster out of nothing and waits until its node is ready and names resolve in it.
 * @throws SandboxError: what is missing on the machine, or what did not come up, with the end of its log.
 */
export async function sandboxUp(options: SandboxOptions): Promise<Sandbox> {
  const { folder } = options;
  const report = options.report ?? (() => {});
  if (findBox(folder)) throw new SandboxError(`a sandbox already runs in ${folder}: take it down first`);
  const { programs, images } = await buildSandbox({ report, ...(options.images ? { images: options.images } : {}) });
  await sandboxDown(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await packCharts(join(folder, 'charts'), options.charts ?? []);

  report('starting the cluster …');
  const box = await openBox(folder);
  const network = await openNetwork(box, folder);
  const sandbox = describe(folder, network);
  await writeFile(join(folder, 'sandbox.json'), JSON.stringify(sandbox, null, 2));

  const settings: ServeSettings = {
    listen: [
      { host: '127.0.0.1', port: servePort },
      { host: network.node, port: servePort },
    ],
    images,
    charts: join(folder, 'charts'),
    repositories: options.repositories ?? {},
  };
  await writeFile(join(folder, 'serve.json'), JSON.stringify(settings));
  const authority = await openAuthority(join(folder, 'pki'));
  const start = starter(folder, box);
  // Found from here, wherever the caller's folder is.
  const loader = import.meta.resolve('tsx');
  const server = join(import.meta.dirname, 'serve.ts');
  await start('server', [process.execPath, '--import', loader, server, join(folder, 'serve.json')]);
  await startControlPlane({ folder, network, authority, programs, start });
  await startNode({ folder, network, authority, programs, start });

  await kubectl(
    sandbox.kubeconfigPath,
    ['apply', '--server-side', '-f', '-'],
    dnsObjects(options.hosts ?? {})
      .map((object) => JSON.stringify(object))
      .join('\n---\n'),
  );
  const ready = async () => {
    await failIfDead(folder);
    const nodes = await kubectl(sandbox.kubeconfigPath, [
      'wait',
      '--for=condition=Ready',
      'node',
      nodeName,
      '--timeout=5s',
    ]).then(
      () => true,
      () => false,
    );
    if (!nodes) return false;
    return kubectl(sandbox.kubeconfigPath, [
      '-n',
      'kube-system',
      'rollout',
      'status',
      'deploy/coredns',
      '--timeout=5s',
    ]).then(
      () => true,
      () => false,
    );
  };
  if (!(await waitUntil(ready, 120_000))) {
    throw new SandboxError(
      `the node was not ready within 120 s; the end of the kubelet's log:\n${logTail(folder, 'kubelet')}`,
    );
  }
  report(`the cluster is up: kubectl --kubeconfig ${sandbox.kubeconfigPath} get pods -A`);
  return sandbox;
}

/** Ends a sandbox and all that it left, also after a run that was killed. Its logs and keys stay in the folder. */
export async function sandboxDown(folder: string): Promise<void> {
  await closeBox(folder);
  for (const name of await startedProcesses(folder)) await stopProcess(folder, name, 2_000);
  const link = await closeNetwork(folder);
  removeCgroups(cgroupOf(link));
  // Images, volumes and the cluster's data: the next one starts from nothing.
  for (const part of ['containerd', 'etcd', 'kubelet', 'overlay', 'charts']) {
    await rm(join(folder, part), { recursive: true, force: true });
  }
  await rm(join(folder, 'sandbox.json'), { force: true });
}

/** The sandbox that runs in a folder, if one does. */
export async function findSandbox(folder: string): Promise<Sandbox | undefined> {
  const file = join(folder, 'sandbox.json');
  if (!findBox(folder) || !existsSync(file)) return undefined;
  return JSON.parse(await readFile(file, 'utf8'));
}

/** Each process of a sandbox, and whether it runs. */
export async function sandboxStatus(folder: string): Promise<Record<string, boolean>> {
  const status: Record<string, boolean> = {};
  for (const name of await startedProcesses(folder)) status[name] = await isRunning(folder, name);
  return status;
}

function describe(folder: string, network: Network): Sandbox {
  const url = `http://${network.node}:${servePort}`;
  return {
    folder,
    kubeconfigPath: join(folder, 'admin.kubeconfig'),
    contextName,
    network,
    chartsUrl: `${url}/charts`,
    gitUrl: `${url}/git`,
  };
}

type Start = (name: string, command: Command) => Promise<void>;

function starter(folder: string, box: Box): Start {
  const env = { PATH: searchPath(), HOME: '/root' };
  return (name, command) => startProcess(folder, { name, command: enter(box, command), env });
}

interface PartSpec {
  folder: string;
  network: Network;
  authority: Authority;
  programs: Record<(typeof programNames)[number], string>;
  start: Start;
}

async function kubeconfigOf(spec: PartSpec, name: string, user: { commonName: string; organizations?: string[] }) {
  const { folder, network, authority } = spec;
  const pair = await authority.issue({ name, ...user });
  const file = join(folder, `${name}.kubeconfig`);
  await writeKubeconfig({ file, contextName, url: `https://${network.node}:6443`, authority, user: pair });
  return { file, pair };
}

async function startControlPlane(spec: PartSpec): Promise<void> {
  const { folder, network, authority, programs, start } = spec;
  const serving = await authority.issue({
    name: 'server',
    commonName: 'kube-apiserver',
    subjectAltNames: [
      ...['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'localhost'].map((name) => `DNS:${name}`),
      'DNS:kubernetes.default.svc.cluster.local',
      ...['127.0.0.1', network.node, apiServiceAddress].map((address) => `IP:${address}`),
    ],
  });
  const toKubelet: KeyPair = await authority.issue({
    name: 'apiserver-to-kubelet',
    commonName: 'apiserver-to-kubelet',
    organizations: ['system:masters'],
  });
  const tokens = await makeTokenKeys(authority.folder);
  const shared = { authority, serving, etcdUrl: 'https://127.0.0.1:2379', etcdPeerUrl: 'https://127.0.0.1:2380' };
  await start('etcd', etcdCommand(programs.etcd, join(folder, 'etcd'), shared));
  await start(
    'kube-apiserver',
    apiServerCommand(programs['kube-apiserver'], { ...shared, tokens, serviceNetwork }, [
      `--advertise-address=${network.node}`,
      '--authorization-mode=Node,RBAC',
      // Else logs and exec look up the node's name.
      '--kubelet-preferred-address-types=InternalIP',
      `--kubelet-client-certificate=${toKubelet.certificate}`,
      `--kubelet-client-key=${toKubelet.key}`,
    ]),
  );
  const admin = await kubeconfigOf(spec, 'admin', { commonName: 'admin', organizations: ['system:masters'] });
  const answers = async () => {
    await failIfDead(folder);
    return (await statusOf(`https://${network.node}:6443/readyz`, authority, admin.pair).catch(() => 0)) === 200;
  };
  if (!(await waitUntil(answers, 120_000))) {
    throw new SandboxError(
      `kube-apiserver was not ready within 120 s; the end of its log:\n${logTail(folder, 'kube-apiserver')}`,
    );
  }
  const manager = await kubeconfigOf(spec, 'controller-manager', { commonName: 'system:kube-controller-manager' });
  await start(
    'kube-controller-manager',
    controllerManagerCommand(programs['kube-controller-manager'], {
      kubeconfig: manager.file,
      authority,
      tokens,
      serviceNetwork,
    }),
  );
  const scheduler = await kubeconfigOf(spec, 'scheduler', { commonName: 'system:kube-scheduler' });
  const certificates = join(authority.folder, 'scheduler');
  await start('kube-scheduler', schedulerCommand(programs['kube-scheduler'], scheduler.file, certificates));
}

async function startNode(spec: PartSpec): Promise<void> {
  const { folder, network, authority, programs, start } = spec;
  const kubelet = await kubeconfigOf(spec, 'kubelet', {
    commonName: `system:node:${nodeName}`,
    organizations: ['system:nodes'],
  });
  const proxy = await kubeconfigOf(spec, 'kube-proxy', { commonName: 'system:kube-proxy' });
  const commands = await prepareNode({
    folder,
    authority,
    address: network.node,
    registry: `http://127.0.0.1:${servePort}`,
    cgroup: cgroupOf(network.link[0]),
    programs,
    kubeconfigs: { kubelet: kubelet.file, proxy: proxy.file },
  });
  const box = findBox(folder);
  if (!box) throw new SandboxError(`the sandbox in ${folder} ended while it was started`);
  await inside(box, ['cp', join(folder, 'node', 'pods.conflist'), '/etc/cni/net.d/10-pods.conflist']);
  for (const { name, command } of commands) await start(name, command);
}

async function failIfDead(folder: string): Promise<void> {
  for (const [name, runs] of Object.entries(await sandboxStatus(folder))) {
    if (!runs) throw new SandboxError(`${name} ended by itself; the end of its log:\n${logTail(folder, name)}`);
  }
}

function removeCgroups(cgroup: string): void {
  const root = '/sys/fs/cgroup';
  if (!existsSync(root)) return;
  // Version 1 has one hierarchy for each controller, version 2 a single one.
  for (const hierarchy of ['.', ...readdirSync(root)]) removeTree(join(root, hierarchy, cgroup));
}

function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  }
  try {
    rmdirSync(folder);
  } catch {
    // The kernel may still be ending its last process; an empty group does no harm.
  }
}
