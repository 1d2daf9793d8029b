import type { Component, KubernetesObject } from './component.ts';
import { mirrorImage } from './mirrors.ts';
import { chartSource } from './upstream.ts';

const namespace = 'metallb-system';

/** MetalLB on layer 2, for clusters without a cloud load balancer. */
export const metallb: Component = {
  name: 'metallb',
  summary: 'assigns the gateway an address on clusters without a cloud load balancer',
  folder: 'infrastructure/metallb',
  namespace: () => namespace,
  dependsOn: ['argocd'],
  sources: (cluster) => [chartSource(cluster, 'metallb', 'metallb')],
  values: (cluster) => {
    const image = (name: string) => ({ image: { repository: mirrorImage(cluster, `quay.io/metallb/${name}`) } });
    const mirrored = mirrorImage(cluster, 'quay.io/metallb') !== 'quay.io/metallb';
    return {
      // On by default since 0.16; layer 2 does not need it.
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
      {
        apiVersion: 'metallb.io/v1beta1',
        kind: 'L2Advertisement',
        metadata: { name: 'pools', namespace, annotations },
        spec: { ipAddressPools: pools.map((pool) => pool.name) },
      },
    ];
  },
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
