import type { Cluster } from '../config/cluster.ts';
import type { distributions } from '../config/schema/kubernetes.ts';
import type { Api, Right } from './api.ts';
import type { LiveObject } from './live.ts';

type Distribution = (typeof distributions)[number];

/** As `kubectl get nodes -o yaml` shows it. */
export interface Node extends LiveObject {
  spec?: { providerID?: string };
  status?: { nodeInfo?: { kubeletVersion?: string; osImage?: string; architecture?: string } };
}

/** As `kubectl get storageclasses -o yaml` shows it. */
export type StorageClass = LiveObject;

/** A facility that a cluster has or lacks, for display. */
export interface Facility {
  what: 'distribution' | 'storage' | 'architecture' | 'load balancer';
  state: 'ok' | 'missing' | 'note';
  message: string;
}

const defaultClass = 'storageclass.kubernetes.io/is-default-class';

/** How each distribution marks its nodes. */
const marks: readonly [Distribution, (node: Node) => boolean][] = [
  ['openshift', ({ metadata }) => metadata.labels?.['node.openshift.io/os_id'] !== undefined],
  ['microk8s', ({ metadata }) => metadata.labels?.['microk8s.io/cluster'] !== undefined],
  ['eks', (node) => /-eks-/.test(kubelet(node))],
  ['gke', (node) => /-gke\./.test(kubelet(node))],
  ['k3s', (node) => /\+k3s/.test(kubelet(node))],
  [
    'aks',
    ({ metadata }) => Object.keys(metadata.labels ?? {}).some((name) => name.startsWith('kubernetes.azure.com/')),
  ],
  ['talos', ({ status }) => /^Talos/.test(status?.nodeInfo?.osImage ?? '')],
];

/** @returns the distribution of the nodes; undefined for an unknown one */
export function distributionOf(nodes: readonly Node[]): Distribution | undefined {
  return marks.find(([, isMarked]) => nodes.some(isMarked))?.[0];
}

const rights: readonly Right[] = [
  { verb: 'list', group: '', resource: 'nodes' },
  { verb: 'list', group: 'storage.k8s.io', resource: 'storageclasses' },
];

/**
 * @returns the facilities that the platform relies on; none without nodes, or without the right to list them
 */
export async function facilities(api: Api, cluster: Cluster): Promise<Facility[]> {
  for (const right of rights) if (!(await api.allowed(right))) return [];
  const { items: nodes } = await api.list<Node>('v1', 'Node');
  if (nodes.length === 0) return [];
  const { items: classes } = await api.list<StorageClass>('storage.k8s.io/v1', 'StorageClass');
  return [...judgeFacilities(cluster, nodes, classes), judgeLoadBalancer(cluster, nodes)];
}

/** The same, from nodes and StorageClasses. Pure. */
export function judgeFacilities(
  cluster: Cluster,
  nodes: readonly Node[],
  classes: readonly StorageClass[],
): Facility[] {
  return [judgeDistribution(cluster, nodes), judgeStorage(cluster, classes), ...judgeArchitectures(nodes)];
}

function judgeDistribution({ kubernetes: { distribution } }: Cluster, nodes: readonly Node[]): Facility {
  const seen = distributionOf(nodes);
  const what = 'distribution';
  if (seen === undefined || seen === distribution)
    return { what, state: 'ok', message: `${distribution}, by cluster.yaml` };
  const message = `the nodes look like ${seen}, but kubernetes.distribution is ${distribution}: set kubernetes.distribution: ${seen}`;
  return { what, state: 'missing', message };
}

/** Judges whether a Service of type LoadBalancer gets an address: clouds and k3s bring a controller for it. Pure. */
export function judgeLoadBalancer({ kubernetes, loadBalancer }: Cluster, nodes: readonly Node[]): Facility {
  const what = 'load balancer';
  if (loadBalancer.metallb !== undefined) return { what, state: 'ok', message: 'MetalLB, by cluster.yaml' };
  if (loadBalancer.nodePort !== undefined) return { what, state: 'ok', message: 'not needed: ports on each node' };
  const brings = distributionOf(nodes) ?? kubernetes.distribution;
  if (['aks', 'eks', 'gke', 'k3s'].includes(brings)) return { what, state: 'ok', message: `from ${brings}` };
  if (nodes.some(({ spec }) => /^(azure|aws|gce|openstack|vsphere|digitalocean|hcloud):/.test(spec?.providerID ?? '')))
    return { what, state: 'ok', message: "from the nodes' cloud" };
  return {
    what,
    state: 'note',
    message: 'nothing shows that Services get an address here: without one, set loadBalancer.metallb or nodePort',
  };
}

function judgeStorage({ kubernetes: { storageClass }, kubeflow }: Cluster, classes: readonly StorageClass[]): Facility {
  const what = 'storage';
  const names = classes.map(({ metadata }) => metadata.name);
  const byDefault = classes.find(({ metadata }) => metadata.annotations?.[defaultClass] === 'true');
  if (storageClass !== undefined && !names.includes(storageClass))
    return {
      what,
      state: 'missing',
      message: `StorageClass ${storageClass} does not exist (available: ${names.join(', ') || 'none'})`,
    };
  if (byDefault !== undefined) return { what, state: 'ok', message: `default StorageClass ${byDefault.metadata.name}` };
  const state = kubeflow.components.length > 0 && storageClass === undefined ? 'missing' : 'note';
  const [first] = names;
  const hint =
    first === undefined
      ? 'install one, and make it the default'
      : `kubectl annotate storageclass ${first} ${defaultClass}=true`;
  return { what, state, message: `there is no default StorageClass, so volumes that name none stay Pending: ${hint}` };
}

function judgeArchitectures(nodes: readonly Node[]): Facility[] {
  const others = nodes
    .map(({ status }) => status?.nodeInfo?.architecture || 'amd64')
    .filter((architecture) => architecture !== 'amd64');
  if (others.length === 0) return [];
  const message = `some nodes are ${[...new Set(others)].join(', ')}: some of Kubeflow's images exist for amd64 only`;
  return [{ what: 'architecture', state: 'note', message }];
}

function kubelet({ status }: Node): string {
  return status?.nodeInfo?.kubeletVersion ?? '';
}
