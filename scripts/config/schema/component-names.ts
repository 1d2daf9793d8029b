/**
 * Names of the components, for the schema. The registry in components/index.ts is the list that counts; a test asserts that the
 * two agree (config/ must not import components/).
 */
export const componentNames = [
  'argocd',
  'metallb',
  'cert-manager',
  'istio-base',
  'istio-cni',
  'istiod',
  'gateway',
  'issuer',
  'dex',
  'oauth2-proxy',
  'kubeflow-namespace',
  'kubeflow-profiles',
  'kubeflow-dashboard',
  'kubeflow-notebooks',
  'kubeflow-volumes',
  'kubeflow-tensorboards',
  'kubeflow-pipelines',
  'kubeflow-katib',
  'kubeflow-trainer',
  'kubeflow-serving',
  'kubeflow-default-profile',
  'tenants',
] as const;

export type ComponentName = (typeof componentNames)[number];
