/** A string that must not be left in applied objects. */
export interface OldName {
  text: string;
  /** Explanation that ends a message: "names X, …". */
  why: string;
}

/**
 * Strings that the patches of apps/kubeflow remove from upstream. A patch without a matching target does nothing, so the build's
 * output is searched for them. Descriptions in CustomResourceDefinitions and the key `_example` of a ConfigMap may keep them.
 */
export const oldNames: readonly OldName[] = [
  { text: 'kubeflow-gateway', why: "Kubeflow's own Gateway" },
  { text: 'istio-ingressgateway-service-account', why: "the service account of Kubeflow's own gateway" },
  {
    text: 'cluster.local/ns/istio-system/sa/istio-ingressgateway',
    why: "the service account of Kubeflow's own gateway",
  },
  { text: 'istio-ingressgateway.istio-system', why: "the Service of Kubeflow's own gateway" },
  { text: 'knative-local-gateway.istio-system', why: "the Service of upstream's local gateway" },
  { text: 'minio123', why: "the object store's published default password" },
  { text: 'MYSQL_ALLOW_EMPTY_PASSWORD', why: 'the setting that starts a database without a password' },
  { text: '$(kfp-', why: "a variable that only upstream's own build replaces" },
  { text: 'k8s-staging-images', why: 'a registry of unreleased images' },
];
