/** Facts about a component that the rest of the program needs without loading it. Each is written once, here. */
interface ComponentFacts {
  /** Namespaces of the component. They are reserved whether or not it runs. */
  namespaces: readonly string[];
  /** Kind of source in infrastructure/<name>/upstream.yaml. Absent: there is no such file. */
  upstream?: 'chart' | 'kustomization';
  /** Further folders whose upstream.yaml describes a kustomization. */
  kustomizations?: readonly string[];
  /** Name of the component in `kubeflow.components`. */
  part?: string;
  /** First segments of its paths on the platform's host. They are reserved whether or not it runs. */
  paths?: readonly string[];
  /** Prefix of the VirtualService for its web page. */
  page?: string;
  /** Hint for `components.<name>.version`, where that has no effect. */
  versionHint?: string;
  /** Hint that says which setting enables the component; undefined when the config enables it. */
  missingSwitch?(config: Switches): string | undefined;
}

/** Settings that enable and disable components. */
interface Switches {
  argocd: { install: boolean };
  loadBalancer: { metallb?: unknown };
  istio: { cni: { enabled: boolean } };
  tls: { existingIssuer?: unknown };
  kubeflow: { components: readonly string[]; defaultProfile: { enabled?: boolean | undefined } };
}

const noUpstream = 'It has no upstream: remove the line.';
const releaseDecides = 'The Kubeflow release sets the version: set kubeflow.version.';

/** A part of Kubeflow: it runs when kubeflow.components names it. */
function kubeflowPart<const Part extends string>(part: Part, facts: Partial<ComponentFacts> = {}) {
  return {
    namespaces: [],
    versionHint: releaseDecides,
    missingSwitch: ({ kubeflow }: Switches) =>
      kubeflow.components.includes(part) ? undefined : `Add ${part} to kubeflow.components.`,
    ...facts,
    part,
  };
}

/** The components in reading order. A test compares them with components/. */
const facts = {
  argocd: {
    namespaces: ['argocd'],
    upstream: 'kustomization',
    // Its webhook.
    paths: ['hooks'],
    versionHint: 'Set argocd.version.',
    missingSwitch: ({ argocd }) => (argocd.install ? undefined : 'Set argocd.install: true.'),
  },
  metallb: {
    namespaces: ['metallb-system'],
    upstream: 'chart',
    missingSwitch: ({ loadBalancer }) =>
      loadBalancer.metallb === undefined ? 'Set loadBalancer.metallb.pools.' : undefined,
  },
  'cert-manager': { namespaces: ['cert-manager'], upstream: 'chart' },
  'istio-base': { namespaces: ['istio-system'], upstream: 'chart' },
  'istio-cni': {
    namespaces: ['istio-cni'],
    upstream: 'chart',
    missingSwitch: ({ istio }) => (istio.cni.enabled ? undefined : 'Set istio.cni.enabled: true.'),
  },
  istiod: { namespaces: [], upstream: 'chart' },
  gateway: { namespaces: ['ingress'], upstream: 'chart' },
  issuer: {
    namespaces: [],
    versionHint: noUpstream,
    missingSwitch: ({ tls }) =>
      tls.existingIssuer === undefined ? undefined : 'Remove tls.existingIssuer, which provides the certificates.',
  },
  dex: { namespaces: ['auth'], upstream: 'chart', paths: ['dex'] },
  'oauth2-proxy': { namespaces: ['auth'], upstream: 'chart', paths: ['oauth2'] },
  'kubeflow-namespace': {
    namespaces: ['kubeflow', 'kubeflow-system'],
    kustomizations: ['apps/kubeflow'],
    versionHint: releaseDecides,
    missingSwitch: ({ kubeflow }) =>
      kubeflow.components.length > 0 ? undefined : 'Add at least one part to kubeflow.components.',
  },
  'kubeflow-dashboard': kubeflowPart('central-dashboard', {
    page: '/',
    // Its paths besides "/", and the menu's page of a part that we do not install.
    paths: [
      '_',
      'api',
      'assets',
      'dashboard',
      'debug',
      'healthz',
      'logout',
      'model-registry',
      'registration',
      'webhook',
    ],
  }),
  'kubeflow-profiles': kubeflowPart('profiles', { paths: ['kfam'] }),
  'kubeflow-notebooks': kubeflowPart('notebooks', { page: '/jupyter/', paths: ['jupyter', 'notebook'] }),
  'kubeflow-volumes': kubeflowPart('volumes', { page: '/volumes/', paths: ['volumes'] }),
  'kubeflow-tensorboards': kubeflowPart('tensorboards', {
    page: '/tensorboards/',
    paths: ['tensorboard', 'tensorboards'],
  }),
  'kubeflow-pipelines': kubeflowPart('pipelines', {
    page: '/pipeline/',
    paths: ['ml_metadata', 'pipeline', 'pipelines'],
    kustomizations: ['apps/kubeflow/kubeflow-pipelines/argo-workflows'],
  }),
  'kubeflow-katib': kubeflowPart('katib', { page: '/katib/', paths: ['katib'] }),
  'kubeflow-trainer': kubeflowPart('trainer', { kustomizations: ['apps/kubeflow/kubeflow-trainer/jobset'] }),
  'kubeflow-serving': kubeflowPart('serving', {
    namespaces: ['cluster-local-gateway', 'knative-serving'],
    page: '/kserve-endpoints/',
    paths: ['kserve-endpoints', 'serving'],
  }),
  'kubeflow-default-profile': {
    namespaces: [],
    versionHint: releaseDecides,
    missingSwitch: ({ kubeflow }) => {
      if (!kubeflow.components.includes('profiles')) return 'Add profiles to kubeflow.components.';
      return kubeflow.defaultProfile.enabled !== false ? undefined : 'Set kubeflow.defaultProfile.enabled: true.';
    },
  },
  tenants: { namespaces: [], paths: ['tenants'], versionHint: noUpstream },
} as const satisfies Readonly<Record<string, ComponentFacts>>;

export type ComponentName = keyof typeof facts;

export const componentFacts: Readonly<Record<ComponentName, ComponentFacts>> = facts;

export const componentNames = Object.keys(facts) as readonly ComponentName[];

const all = Object.values(componentFacts);

export type KubeflowPart = Extract<(typeof facts)[ComponentName], { part: string }>['part'];

/** The parts that `kubeflow.components` may list. */
export const kubeflowParts = all.flatMap(({ part }) => part ?? []) as [KubeflowPart, ...KubeflowPart[]];

/** The component of each part. */
export const componentOfPart = Object.fromEntries(
  Object.entries(componentFacts).flatMap(([name, { part }]) => (part === undefined ? [] : [[part, name]])),
) as Readonly<Record<KubeflowPart, ComponentName>>;

/** Namespaces reserved for Kubernetes or the platform. */
export const takenNamespaces: readonly string[] = [
  ...new Set([
    ...['default', 'kube-system', 'kube-public', 'kube-node-lease'],
    ...all.flatMap(({ namespaces }) => namespaces),
  ]),
].sort();

/** First segments of the platform's paths. */
export const platformPaths: readonly string[] = all.flatMap(({ paths }) => paths ?? []).sort();

/** Folders whose upstream.yaml a component needs, with the kind of source that it must describe. */
export const requiredUpstreams: Readonly<Record<string, 'chart' | 'kustomization'>> = Object.fromEntries(
  Object.entries(componentFacts).flatMap(([name, { upstream, kustomizations = [] }]) => [
    ...(upstream === undefined ? [] : [[`infrastructure/${name}`, upstream] as const]),
    ...kustomizations.map((folder) => [folder, 'kustomization'] as const),
  ]),
);
