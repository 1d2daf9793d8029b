import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from './control-plane.ts';
import { dnsAddress, podNetwork } from './network.ts';
import type { Authority } from './pki.ts';

/** The name of the only node. */
export const nodeName = 'sandbox';

/** The image of the process that holds a pod's namespaces. */
export const pauseImage = 'registry.k8s.io/pause:3.10';

/** containerd's socket; its control program takes it as --address. */
const containerdSocket = '/run/containerd/containerd.sock';

/** A cgroup for all pods of a sandbox, so that its remains are found. */
export function cgroupOf(link: string): string {
  return `/breakwater-${link}`;
}

/** What the node's programs need to know. */
export interface NodeSpec {
  folder: string;
  authority: Authority;
  address: string;
  /** Where images are served. */
  registry: string;
  cgroup: string;
  programs: Record<'kubelet' | 'kube-proxy', string>;
  kubeconfigs: { kubelet: string; proxy: string };
}

/**
 * Writes the settings of containerd, its network plugin, the kubelet.
 * @returns how to run the node's programs, in the order in which they start.
 */
export async function prepareNode(spec: NodeSpec): Promise<{ name: string; command: Command }[]> {
  const settings = join(spec.folder, 'node');
  await mkdir(join(settings, 'registries', '_default'), { recursive: true });
  const containerd = join(settings, 'containerd.toml');
  const kubelet = join(settings, 'kubelet.yaml');
  await writeFile(
    join(settings, 'registries', '_default', 'hosts.toml'),
    `[host."${spec.registry}"]\n  capabilities = ["pull", "resolve"]\n`,
  );
  await writeFile(containerd, containerdSettings(spec.folder, join(settings, 'registries')));
  await writeFile(join(settings, 'pods.conflist'), JSON.stringify(podNetworkSettings(), null, 2));
  await writeFile(kubelet, JSON.stringify(kubeletSettings(spec), null, 2));
  return [
    { name: 'containerd', command: ['containerd', '--config', containerd] },
    {
      name: 'kubelet',
      command: [
        spec.programs.kubelet,
        `--config=${kubelet}`,
        `--kubeconfig=${spec.kubeconfigs.kubelet}`,
        `--hostname-override=${nodeName}`,
        `--node-ip=${spec.address}`,
        `--root-dir=${join(spec.folder, 'kubelet')}`,
        `--cert-dir=${join(spec.folder, 'kubelet', 'pki')}`,
      ],
    },
    {
      name: 'kube-proxy',
      command: [
        spec.programs['kube-proxy'],
        `--kubeconfig=${spec.kubeconfigs.proxy}`,
        `--hostname-override=${nodeName}`,
        '--proxy-mode=iptables',
        `--cluster-cidr=${podNetwork}`,
        // The table of connections belongs to the whole machine: leave its size alone.
        '--conntrack-max-per-core=0',
      ],
    },
  ];
}

function containerdSettings(folder: string, registries: string): string {
  return `version = 2
root = ${JSON.stringify(join(folder, 'containerd'))}
state = "/run/containerd"

[grpc]
  address = "${containerdSocket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = ${JSON.stringify(registries)}
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
`;
}

function podNetworkSettings(): object {
  const ipam = {
    type: 'host-local',
    dataDir: '/run/cni/addresses',
    ranges: [[{ subnet: podNetwork }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  return {
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      { type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: true, hairpinMode: true, ipam },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

function kubeletSettings({ authority, cgroup }: NodeSpec): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    // Works with either version of cgroups, and without a hierarchy of its own.
    failCgroupV1: false,
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    cgroupDriver: 'cgroupfs',
    cgroupRoot: cgroup,
    failSwapOn: false,
    clusterDNS: [dnsAddress],
    clusterDomain: 'cluster.local',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: authority.ca.certificate },
    },
    authorization: { mode: 'Webhook' },
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    // A machine with little room left is still good for a test; images are never fetched again.
    evictionHard: { 'memory.available': '100Mi' },
    imageGCHighThresholdPercent: 100,
    resolvConf: '',
  };
}
