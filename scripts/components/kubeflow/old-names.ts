/** A text that must not be left in anything that is applied. */
export interface OldName {
  text: string;
  /** What it is, as the end of a sentence: "names X, …". */
  why: string;
}

/**
 * What the patches of apps/kubeflow take out of upstream. A patch whose target is not found does nothing, so what comes out of the
 * build is searched for these. Descriptions in CustomResourceDefinitions and the key `_example` of a ConfigMap may keep them.
 */
export const oldNames: readonly OldName[] = [
  { text: 'kubeflow-gateway', why: "Kubeflow's own Gateway" },
  { text: 'istio-ingressgateway-service-account', why: "the account of Kubeflow's own gateway" },
  { text: 'cluster.local/ns/istio-system/sa/istio-ingressgateway', why: "the account of Kubeflow's own gateway" },
  { text: 'istio-ingressgateway.istio-system', why: "the Service of Kubeflow's own gateway" },
  { text: 'knative-local-gateway.istio-system', why: "the Service of upstream's local gateway" },
  { text: 'minio123', why: "the object store's password that everybody knows" },
  { text: 'MYSQL_ALLOW_EMPTY_PASSWORD', why: 'which starts a database without a password' },
  { text: '$(kfp-', why: 'a variable that upstream fills in elsewhere' },
  { text: 'k8s-staging-images', why: 'a registry of images that are not released' },
];
