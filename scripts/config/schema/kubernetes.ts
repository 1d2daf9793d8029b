import * as z from 'zod';
import { isAddress } from './common.ts';

/** What differs between the ways in which Kubernetes is delivered. */
interface Distribution {
  /** `global.platform` of Istio's charts, which knows folders, quotas and pod settings (files/profile-platform-*.yaml in each chart). */
  istioPlatform?: string;
  /** Name servers that pods are told to use, beside those in kube-system and on the node. */
  nameServers?: readonly NameServer[];
  /** Ports of the API server, beside 443 and 6443. */
  apiPorts?: readonly number[];
  /** Where pods ask for the cloud identity of their service account. */
  identityServers?: readonly { cidr: string; port: number }[];
  /** Addresses of Services outside the private ranges. */
  serviceRanges?: readonly string[];
}

/** A name server as network policies see it: a namespace or an address. Ports are those of pods, not of Services. */
export type NameServer = { port: number } & ({ namespace: string } | { cidr: string });

const facts: Readonly<Record<(typeof distributions)[number], Distribution>> = {
  // https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html
  eks: {
    identityServers: [
      { cidr: '169.254.170.23/32', port: 80 },
      { cidr: 'fd00:ec2::23/128', port: 80 },
    ],
  },
  // Cloud DNS for GKE answers at the metadata server's address. Identity: https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity
  gke: {
    istioPlatform: 'gke',
    nameServers: [{ cidr: '169.254.169.254/32', port: 53 }],
    identityServers: [
      { cidr: '169.254.169.252/32', port: 988 },
      { cidr: '169.254.169.254/32', port: 80 },
    ],
    // https://cloud.google.com/kubernetes-engine/docs/concepts/alias-ips#defaults_limits
    serviceRanges: ['34.118.224.0/20'],
  },
  // Its workload identity asks Microsoft's public login, which tenants reach as they reach the internet.
  aks: {},
  k3s: { istioPlatform: 'k3s' },
  // https://docs.redhat.com/en/documentation/openshift_container_platform/ (DNS Operator)
  openshift: { istioPlatform: 'openshift', nameServers: [{ namespace: 'openshift-dns', port: 5353 }] },
  microk8s: { istioPlatform: 'microk8s', apiPorts: [16443] },
  talos: {},
  other: {},
};

/** Ways in which Kubernetes is delivered, as `kubernetes.distribution` calls them. */
export const distributions = ['eks', 'gke', 'aks', 'k3s', 'openshift', 'microk8s', 'talos', 'other'] as const;

const port = z.int().min(1, 'must be a port from 1 to 65535').max(65535, 'must be a port from 1 to 65535');

/** The `kubernetes` section. */
export const kubernetes = z
  .strictObject({
    context: z
      .string()
      .min(1, 'must not be empty')
      .optional()
      .describe(
        'Context in your kubeconfig. The current context is never used implicitly: set it here or with --context.',
      ),
    distribution: z
      .enum(distributions)
      .default('other')
      .describe(
        "Kubernetes distribution. It sets the CNI plugin's folders and quota, and the name servers and API ports that network policies open. npm run doctor reports what it detects.",
      ),
    nameServers: z
      .array(
        z.strictObject({
          address: z.string().refine(isAddress, 'must be an IP address').describe('Address that pods query.'),
          port: port.default(53).describe('Its port.'),
        }),
      )
      .default([])
      .describe(
        'Name servers other than those in kube-system and at 169.254.20.10, for the network policies of tenants, Pipelines and Argo CD.',
      ),
    apiPorts: z
      .array(port)
      .default([])
      .describe(
        "Ports of the API server's endpoints beside 443 and 6443, for the network policies of tenants and Pipelines.",
      ),
    storageClass: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'must be the name of a StorageClass')
      .optional()
      .describe(
        "StorageClass of the platform's own volumes (Pipelines, Katib). Default: the cluster's default class. Existing volumes keep their class.",
      ),
    metricsServer: z
      .boolean()
      .default(false)
      .describe('Whether the cluster has a metrics server (resource metrics API), which autoscalers need.'),
  })
  .prefault({})
  .describe('The Kubernetes cluster itself, and how the bootstrap reaches it.');

type Kubernetes = z.output<typeof kubernetes>;

/** @returns `global.platform` of Istio's charts; undefined where they need none */
export function istioPlatform({ distribution }: Kubernetes): string | undefined {
  return facts[distribution].istioPlatform;
}

/** @returns every name server that pods may ask */
export function nameServers({ distribution, nameServers }: Kubernetes): NameServer[] {
  return [
    { namespace: 'kube-system', port: 53 },
    // Node-local DNS: https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/
    { cidr: '169.254.20.10/32', port: 53 },
    ...(facts[distribution].nameServers ?? []),
    ...nameServers.map(({ address, port }) => ({ cidr: `${address}/${address.includes(':') ? 128 : 32}`, port })),
  ];
}

/** @returns ports at which the API server may be, behind its Service */
export function apiPorts({ distribution, apiPorts }: Kubernetes): number[] {
  return [...new Set([443, 6443, ...(facts[distribution].apiPorts ?? []), ...apiPorts])];
}

/** @returns where pods get the cloud's identity of their account; none where that is an address of the internet */
export function identityServers({ distribution }: Kubernetes): { cidr: string; port: number }[] {
  return [...(facts[distribution].identityServers ?? [])];
}

/** @returns addresses of the cluster's Services outside the private ranges */
export function serviceRanges({ distribution }: Kubernetes): readonly string[] {
  return facts[distribution].serviceRanges ?? [];
}
