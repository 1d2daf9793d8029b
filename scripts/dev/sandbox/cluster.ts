import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closeBox, findBox, openBox } from './box.ts';
import { buildPrograms, type Report } from './build.ts';
import { packCharts } from './chart-repository.ts';
import { dnsObjects } from './dns.ts';
import { SandboxError } from './errors.ts';
import { waitUntil } from './https-get.ts';
import { type ImageVersions, makeImages } from './image-table.ts';
import type { ImageSpec } from './images.ts';
import { kubectl } from './kubectl.ts';
import { metricsObjects } from './metrics.ts';
import { checkMachine } from './needs.ts';
import { closeNetwork, type Network, openNetwork } from './network.ts';
import { policyReaderObjects } from './network-policies.ts';
import { cgroupOf, nodeName } from './node.ts';
import { openAuthority } from './pki.ts';
import { isRunning, logTail, startedProcesses, stopProcess } from './processes.ts';
import type { ServeSettings } from './serve.ts';
import { contextName, failIfDead, programNames, servePort, startControlPlane, starter, startNode } from './start.ts';
import { storageObjects } from './storage.ts';

/** What a sandbox is asked for. */
export interface SandboxOptions {
  /** All of its state; its own. */
  folder: string;
  /** Tags of images. */
  images: ImageVersions;
  /** Images, by their full name, that are not available: each is the fake program. */
  fakes?: readonly string[];
  /** Images of more programs, by their full name. */
  moreImages?: Readonly<Record<string, ImageSpec>>;
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

/** Builds everything that a sandbox needs, and starts nothing. */
export async function buildSandbox(
  options: Pick<SandboxOptions, 'images' | 'fakes' | 'moreImages'> & { report: Report },
) {
  checkMachine();
  const programs = await buildPrograms(programNames, options);
  const { images: versions, fakes = [], moreImages = {}, report } = options;
  const images = await makeImages(versions, fakes, moreImages, report);
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
  const { programs, images } = await buildSandbox({ ...options, report });
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
  await applyAddOns(sandbox, options.hosts ?? {});
  await startNode({ folder, network, authority, programs, start });
  await waitForAddOns(sandbox);
  report(`the cluster is up: kubectl --kubeconfig ${sandbox.kubeconfigPath} get pods -A`);
  return sandbox;
}

async function applyAddOns({ kubeconfigPath }: Sandbox, hosts: Readonly<Record<string, string>>): Promise<void> {
  const objects = [...policyReaderObjects(), ...dnsObjects(hosts), ...metricsObjects(), ...(await storageObjects())];
  const documents = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  await kubectl(kubeconfigPath, ['apply', '--server-side', '-f', '-'], documents);
}

async function waitForAddOns({ folder, kubeconfigPath }: Sandbox): Promise<void> {
  const holds = (args: string[]) =>
    kubectl(kubeconfigPath, [...args, '--timeout=5s']).then(
      () => true,
      () => false,
    );
  const ready = async () => {
    await failIfDead(folder);
    if (!(await holds(['wait', '--for=condition=Ready', 'node', nodeName]))) return false;
    if (!(await holds(['-n', 'kube-system', 'wait', '--for=condition=Available', 'deployment', '--all']))) return false;
    return holds(['wait', '--for=condition=Available', 'apiservice', '--all']);
  };
  if (await waitUntil(ready, 120_000)) return;
  const log = logTail(folder, 'kubelet');
  throw new SandboxError(`the node and its add-ons were not ready within 120 s; the end of the kubelet's log:\n${log}`);
}

/** Ends a sandbox and all that it left, also after a run that was killed. Its logs stay in the folder. */
export async function sandboxDown(folder: string): Promise<void> {
  await closeBox(folder);
  for (const name of await startedProcesses(folder)) await stopProcess(folder, name, 2_000);
  const link = await closeNetwork(folder);
  removeCgroups(cgroupOf(link));
  // Images, volumes and the cluster's data: the next one starts from nothing.
  for (const part of ['containerd', 'etcd', 'kubelet', 'overlay', 'charts', 'pki']) {
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
