import { join } from 'node:path';
import { type Box, enter, findBox, inside } from './box.ts';
import {
  apiServerCommand,
  type Command,
  controllerManagerCommand,
  etcdCommand,
  schedulerCommand,
} from './control-plane.ts';
import { SandboxError } from './errors.ts';
import { statusOf, waitUntil } from './https-get.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { plainEnvironment } from './needs.ts';
import { apiServiceAddress, type Network, serviceNetwork } from './network.ts';
import { askAboutConnections, policyCommand, policyReader } from './network-policies.ts';
import { cgroupOf, nodeName, prepareNode } from './node.ts';
import { type Authority, makeTokenKeys } from './pki.ts';
import { isRunning, logTail, startedProcesses, startProcess } from './processes.ts';

/** The programs that make a cluster of one node. */
export const programNames = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'network-policies',
] as const;

/** The name of the context in a sandbox's kubeconfig. */
export const contextName = 'breakwater-sandbox';

/** Where images, charts and Git are served, on the node's address and on its loopback. */
export const servePort = 5000;

/** Starts a program in the box, under a name for its log and its pid file. */
export type Start = (name: string, command: Command) => Promise<void>;

/** How to start programs in the box of a folder. */
export function starter(folder: string, box: Box): Start {
  const env = plainEnvironment({ HOME: folder });
  return (name, command) => startProcess(folder, { name, command: enter(box, command), env });
}

/** What a part of the cluster is started from. */
export interface PartSpec {
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

/**
 * Starts etcd, the API server, the controllers and the scheduler, and writes the administrator's kubeconfig.
 * @throws SandboxError when the API server does not get ready: with the end of its log.
 */
export async function startControlPlane(spec: PartSpec): Promise<void> {
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
  const toKubelet = await authority.issue({
    name: 'apiserver-to-kubelet',
    commonName: 'apiserver-to-kubelet',
    organizations: ['system:masters'],
  });
  // With it the API server presents a user to a server of an API that it does not serve itself: the metrics API.
  const frontProxy = await authority.issue({ name: 'front-proxy', commonName: 'front-proxy' });
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
      `--requestheader-client-ca-file=${authority.ca.certificate}`,
      '--requestheader-allowed-names=front-proxy',
      '--requestheader-username-headers=X-Remote-User',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      `--proxy-client-cert-file=${frontProxy.certificate}`,
      `--proxy-client-key-file=${frontProxy.key}`,
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

/** Starts what enforces NetworkPolicies, then the container runtime, the kubelet and kube-proxy. */
export async function startNode(spec: PartSpec): Promise<void> {
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
  await askAboutConnections(box);
  const reader = await kubeconfigOf(spec, policyReader, { commonName: policyReader });
  await start('network-policies', policyCommand(programs['network-policies'], reader.file, nodeName));
  for (const { name, command } of commands) await start(name, command);
}

/** @throws SandboxError when a process of the sandbox has ended: with the end of its log. */
export async function failIfDead(folder: string): Promise<void> {
  for (const name of await startedProcesses(folder)) {
    if (await isRunning(folder, name)) continue;
    throw new SandboxError(`${name} ended; the end of its log:\n${logTail(folder, name)}`);
  }
}
