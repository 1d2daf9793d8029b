/**
 * The components and the namespaces that each of them makes, whatever a cluster switches on: the schema's names, and what nobody
 * else may be called. A test asserts that components/ agrees (config/ must not import components/).
 */
export const componentNamespaces = {
  argocd: ['argocd'],
  metallb: ['metallb-system'],
  'cert-manager': ['cert-manager'],
  'istio-base': ['istio-system'],
  'istio-cni': ['istio-cni'],
  istiod: [],
  gateway: ['ingress'],
  issuer: [],
  dex: ['auth'],
  'oauth2-proxy': ['auth'],
  'kubeflow-namespace': ['kubeflow', 'kubeflow-system'],
  'kubeflow-profiles': [],
  'kubeflow-dashboard': [],
  'kubeflow-notebooks': [],
  'kubeflow-volumes': [],
  'kubeflow-tensorboards': [],
  'kubeflow-pipelines': [],
  'kubeflow-katib': [],
  'kubeflow-trainer': [],
  'kubeflow-serving': ['cluster-local-gateway', 'knative-serving'],
  'kubeflow-default-profile': [],
  tenants: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type ComponentName = keyof typeof componentNamespaces;

export const componentNames = Object.keys(componentNamespaces) as readonly ComponentName[];

/** Namespaces that belong to Kubernetes or to the platform, so that nothing else may be put there. */
export const takenNamespaces: readonly string[] = [
  ...new Set([
    'default',
    'kube-system',
    'kube-public',
    'kube-node-lease',
    ...Object.values(componentNamespaces).flat(),
  ]),
].sort();
