import { type Box, inside } from './box.ts';
import { SandboxError } from './errors.ts';
import { podNetwork } from './network.ts';

/** The user as whom the program that enforces NetworkPolicies reads the API server. */
export const policyReader = 'network-policies';

/** The number of the kernel's queue that it answers. */
const queue = 100;

// In this table, addresses are those of the pods themselves: Services are resolved before, and sources are masked after.
const rules: readonly (readonly string[])[] = [
  // The node's own programs: no plugin keeps the kubelet's probes and the API server's calls from a pod of the node.
  ['POSTROUTING', '--match', 'owner', '--uid-owner', '0', '--jump', 'RETURN'],
  ...[
    ['POSTROUTING', '--source', podNetwork],
    ['POSTROUTING', '--destination', podNetwork],
    // From a pod to the node itself, which is how it reaches the API server.
    ['INPUT', '--source', podNetwork],
  ].map((rule) => [
    ...rule,
    ...['--match', 'conntrack', '--ctstate', 'NEW', '--jump', 'NFQUEUE', '--queue-num', String(queue)],
  ]),
];

/**
 * Has the kernel ask about the first packet of each connection from or to a pod. Until the program answers, none passes.
 *
 * @throws SandboxError when the kernel refuses, with what it said
 */
export async function askAboutConnections(box: Box): Promise<void> {
  for (const rule of rules) {
    const { ok, output } = await inside(box, ['iptables', '--wait', '--table', 'mangle', '--append', ...rule]);
    if (!ok)
      throw new SandboxError(
        `this kernel cannot enforce NetworkPolicies (CONFIG_NETFILTER_XT_TARGET_NFQUEUE): ${output}`,
      );
  }
}

/** How to run the program that answers. */
export function policyCommand(program: string, kubeconfig: string, node: string): readonly [string, ...string[]] {
  const flags = { kubeconfig, node, 'pod-network': podNetwork, queue: String(queue) };
  return [program, ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)];
}

/** What lets that program read, as objects. */
export function policyReaderObjects(): object[] {
  const group = 'rbac.authorization.k8s.io';
  const verbs = ['list', 'watch'];
  return [
    {
      apiVersion: `${group}/v1`,
      kind: 'ClusterRole',
      metadata: { name: policyReader },
      rules: [
        { apiGroups: [''], resources: ['pods', 'namespaces'], verbs },
        { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs },
      ],
    },
    {
      apiVersion: `${group}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: policyReader },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: policyReader },
      subjects: [{ apiGroup: group, kind: 'User', name: policyReader }],
    },
  ];
}
