import { BlockList, isIPv6 } from 'node:net';

/** https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/ */
interface LabelSelector {
  matchLabels?: Readonly<Record<string, string>>;
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

interface Peer {
  podSelector?: LabelSelector;
  namespaceSelector?: LabelSelector;
  ipBlock?: { cidr: string; except?: readonly string[] };
}

interface PolicyPort {
  port?: number | string;
  endPort?: number;
  protocol?: string;
}

/** A NetworkPolicy, as stored by the API server. */
export interface NetworkPolicy {
  metadata: { name: string; namespace: string };
  spec: {
    podSelector?: LabelSelector;
    policyTypes?: readonly string[];
    ingress?: readonly { from?: readonly Peer[]; ports?: readonly PolicyPort[] }[];
    egress?: readonly { to?: readonly Peer[]; ports?: readonly PolicyPort[] }[];
  };
}

/** The fields of a pod that policies select by. */
export interface PolicyPod {
  namespace: string;
  namespaceLabels: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  ip?: string;
  /** Named ports. */
  ports?: Readonly<Record<string, number>>;
}

/** An address outside the cluster. */
interface Outside {
  ip: string;
}

/** An attempted connection. */
export interface Flow {
  from: PolicyPod | Outside;
  to: PolicyPod | Outside;
  port: number;
  protocol?: 'TCP' | 'UDP' | 'SCTP';
}

/**
 * Decides whether NetworkPolicies permit a connection, like a network plugin that enforces them: the policies that select its
 * target (ingress) and those that select its source (egress) must both permit it. Pure.
 *
 * @param policies all policies of the cluster
 */
export function isAllowed(policies: readonly NetworkPolicy[], flow: Flow): boolean {
  return admits(policies, flow, 'Ingress') && (!isPod(flow.from) || admits(policies, flow, 'Egress'));
}

function admits(policies: readonly NetworkPolicy[], flow: Flow, type: 'Ingress' | 'Egress'): boolean {
  const near = type === 'Ingress' ? flow.to : flow.from;
  const far = type === 'Ingress' ? flow.from : flow.to;
  if (!isPod(near)) return true;
  const selecting = policies.filter((policy) => selects(policy, near, type));
  if (selecting.length === 0) return true;
  return selecting.some(({ metadata, spec }) => {
    const rules =
      type === 'Ingress'
        ? (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
        : (spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
    return rules.some(
      ({ peers, ports }) =>
        // Absent or empty: everyone, every port.
        (peers === undefined || peers.length === 0 || peers.some((peer) => isPeer(peer, far, metadata.namespace))) &&
        (ports === undefined || ports.length === 0 || ports.some((port) => isPort(port, flow))),
    );
  });
}

function selects({ metadata, spec }: NetworkPolicy, pod: PolicyPod, type: 'Ingress' | 'Egress'): boolean {
  const types = spec.policyTypes ?? ['Ingress', ...(spec.egress === undefined ? [] : ['Egress'])];
  return types.includes(type) && metadata.namespace === pod.namespace && matches(spec.podSelector ?? {}, pod.labels);
}

function isPeer(peer: Peer, other: PolicyPod | Outside, policyNamespace: string): boolean {
  if (peer.ipBlock !== undefined) return isInBlock(peer.ipBlock, other.ip);
  if (!isPod(other)) return false;
  const inNamespace =
    peer.namespaceSelector === undefined
      ? other.namespace === policyNamespace
      : matches(peer.namespaceSelector, other.namespaceLabels);
  return inNamespace && matches(peer.podSelector ?? {}, other.labels);
}

function isInBlock({ cidr, except = [] }: { cidr: string; except?: readonly string[] }, ip?: string): boolean {
  if (ip === undefined) return false;
  const contains = (block: string) => {
    const [address = '', prefix = ''] = block.split('/');
    // Node's BlockList would match an IPv4 address in ::/0.
    if (isIPv6(address) !== isIPv6(ip)) return false;
    const list = new BlockList();
    list.addSubnet(address, Number(prefix), isIPv6(address) ? 'ipv6' : 'ipv4');
    return list.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
  };
  return contains(cidr) && !except.some(contains);
}

function isPort(
  { port, endPort, protocol = 'TCP' }: PolicyPort,
  { to, port: wanted, protocol: by = 'TCP' }: Flow,
): boolean {
  if (protocol !== by) return false;
  if (port === undefined) return true;
  const first = typeof port === 'number' ? port : isPod(to) ? to.ports?.[port] : undefined;
  return first !== undefined && wanted >= first && wanted <= (endPort ?? first);
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors; an empty one selects everything. */
function matches(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  const has = (key: string) => Object.hasOwn(labels, key);
  return (
    Object.entries(matchLabels).every(([key, value]) => has(key) && labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      switch (operator) {
        case 'In':
          return has(key) && values.includes(labels[key] ?? '');
        case 'NotIn':
          return !has(key) || !values.includes(labels[key] ?? '');
        case 'Exists':
          return has(key);
        case 'DoesNotExist':
          return !has(key);
        default:
          throw new Error(`a NetworkPolicy selects by an unknown operator: ${operator}`);
      }
    })
  );
}

function isPod(one: PolicyPod | Outside): one is PolicyPod {
  return 'namespace' in one;
}
