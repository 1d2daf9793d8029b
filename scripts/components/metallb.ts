import type { Cluster } from '../config/cluster.ts';
import type { Component, KubernetesObject } from './component.ts';
import { mirrorImage } from './mirrors.ts';
import { chartSource } from './upstream.ts';

const namespace = 'metallb-system';

/** MetalLB on layer 2 or with BGP, for clusters without a cloud load balancer. */
export const metallb: Component = {
  name: 'metallb',
  summary: 'assigns the gateway an address on clusters without a cloud load balancer',
  folder: 'infrastructure/metallb',
  namespace: () => namespace,
  dependsOn: ['argocd'],
  sources: (cluster) => [chartSource(cluster, 'metallb', 'metallb')],
  pullSecretsIn: 'imagePullSecrets',
  values: (cluster) => {
    const image = (name: string) => ({ image: { repository: mirrorImage(cluster, `quay.io/metallb/${name}`) } });
    const mirrored = mirrorImage(cluster, 'quay.io/metallb') !== 'quay.io/metallb';
    return {
      // On by default since 0.16. Neither layer 2 nor MetalLB's own BGP needs it.
      frrk8s: { enabled: false },
      ...(mirrored ? { controller: image('controller'), speaker: { ...image('speaker') } } : {}),
    };
  },
  manifests: (cluster) => {
    const pools = cluster.loadBalancer.metallb?.pools ?? [];
    // A pool removed from the config is deleted, despite the Application's setting for CRDs.
    const annotations = {
      'argocd.argoproj.io/sync-wave': '1',
      'argocd.argoproj.io/sync-options': 'Prune=true',
    };
    return [
      ...pools.map(
        (pool): KubernetesObject => ({
          apiVersion: 'metallb.io/v1beta1',
          kind: 'IPAddressPool',
          metadata: { name: pool.name, namespace, annotations },
          spec: { addresses: pool.addresses },
        }),
      ),
      ...announcements(cluster, annotations),
    ];
  },
  secrets: (cluster) =>
    peersOf(cluster).flatMap(({ name, peer }) =>
      peer.password === undefined
        ? []
        : [
            {
              name,
              namespace,
              purpose: `the BGP password of ${peer.address}`,
              type: 'kubernetes.io/basic-auth',
              keys: { password: { kind: 'reference' as const, from: peer.password, check: 'not-empty' as const } },
            },
          ],
    ),
  // The speakers use the host network, which every other level refuses.
  namespaces: () => [{ name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } }],
  clusterKinds: () => [
    'apiextensions.k8s.io/CustomResourceDefinition',
    'rbac.authorization.k8s.io/ClusterRole',
    'rbac.authorization.k8s.io/ClusterRoleBinding',
    'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  ],
  // The chart of the same Application brings the pools' CRDs.
  // Its CRDs have no keep annotation, and the chart has no value for one: see cert-manager.
  syncOptions: ['SkipDryRunOnMissingResource=true', 'Prune=false'],
  // The controller adds its own certificate to these objects.
  ignoredDifferences: () => [
    {
      group: 'admissionregistration.k8s.io',
      kind: 'ValidatingWebhookConfiguration',
      name: 'metallb-webhook-configuration',
      jqPathExpressions: ['.webhooks[]?.clientConfig.caBundle'],
    },
    {
      group: 'apiextensions.k8s.io',
      kind: 'CustomResourceDefinition',
      name: 'bgppeers.metallb.io',
      jsonPointers: ['/spec/conversion/webhook/clientConfig/caBundle'],
    },
    { group: '', kind: 'Secret', name: 'metallb-webhook-cert', jsonPointers: ['/data'] },
  ],
  readyWithinSeconds: 600,
};

/** Routers with the names of their objects and Secrets. */
function peersOf({ loadBalancer }: Cluster) {
  return (loadBalancer.metallb?.bgp?.peers ?? []).map((peer) => ({
    name: `router-${peer.address.replaceAll('.', '-')}`,
    peer,
  }));
}

/** What tells routers and neighbours where the pools are. */
function announcements(cluster: Cluster, annotations: Record<string, string>): KubernetesObject[] {
  const { pools = [], bgp } = cluster.loadBalancer.metallb ?? {};
  const metadata = { name: 'pools', namespace, annotations };
  const ipAddressPools = pools.map((pool) => pool.name);
  if (bgp === undefined)
    return [{ apiVersion: 'metallb.io/v1beta1', kind: 'L2Advertisement', metadata, spec: { ipAddressPools } }];
  const { communities } = bgp;
  return [
    ...peersOf(cluster).map(({ name, peer: { address, asn, port, password, nodeSelector } }) => ({
      apiVersion: 'metallb.io/v1beta2',
      kind: 'BGPPeer',
      metadata: { name, namespace, annotations },
      spec: {
        myASN: bgp.asn,
        peerASN: asn,
        peerAddress: address,
        ...(port === undefined ? {} : { peerPort: port }),
        ...(password === undefined ? {} : { passwordSecret: { name, namespace } }),
        ...(nodeSelector === undefined ? {} : { nodeSelectors: [{ matchLabels: nodeSelector }] }),
      },
    })),
    {
      apiVersion: 'metallb.io/v1beta1',
      kind: 'BGPAdvertisement',
      metadata,
      spec: { ipAddressPools, ...(communities === undefined ? {} : { communities }) },
    },
  ];
}
