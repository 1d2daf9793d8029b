/** Facts about a component that the rest of the program needs without loading it. Each is written once, here. */
interface ComponentFacts {
  /** Namespaces of the component. They are reserved whether or not it runs. */
  namespaces: readonly string[];
  /** Kind of source in infrastructure/<name>/upstream.yaml. Absent: there is no such file. */
  upstream?: 'chart' | 'kustomization';
  /** Further folders whose upstream.yaml describes a kustomization. */
  kustomizations?: readonly string[];
  /** Folders below apps/kubeflow/<name> whose kustomization.yaml has the patches of its sources. */
  patches?: readonly string[];
  /** The oldest versions that the tree works with. */
  floors?: readonly Floor[];
  /** For parts of the mesh: how far its minor version may be from istiod's. */
  skew?: Skew;
  /** Name of the component in `kubeflow.components`. */
  part?: string;
  /** First segments of its paths on the platform's host. They are reserved whether or not it runs. */
  paths?: readonly string[];
  /** The first segments among them of paths that lead to code that users run. */
  codePaths?: readonly string[];
  /** Prefix of the VirtualService for its web page. */
  page?: string;
  /** Hint for `components.<name>.version`, where that has no effect. */
  versionHint?: string;
  /** Hint that says which setting enables the component; undefined when the config enables it. */
  missingSwitch?(config: Switches): string | undefined;
}

/** The oldest version that the tree works with. */
export interface Floor {
  /** Whether the floor is for the upstream, or for the image that replaces its default. */
  of: 'upstream' | 'image';
  least: string;
  /** Reason, with its source. */
  because: string;
}

/** Distance from istiod's minor version: https://istio.io/latest/docs/releases/supported-releases/ */
interface Skew {
  older: number;
  newer: number;
  because: string;
}

/** Settings that enable and disable components. */
interface Switches {
  argocd: { install: boolean };
  auth: { userCodeHost: boolean };
  loadBalancer: { metallb?: unknown };
  istio: { cni: { enabled: boolean } };
  tls: { existingIssuer?: unknown; certificate?: unknown };
  kubeflow: { components: readonly string[]; defaultProfile: { enabled?: boolean | undefined } };
}

const noUpstream = 'It has no upstream: remove the line.';
const meshFloors: readonly Floor[] = [
  {
    of: 'upstream',
    least: '1.29.0',
    because: 'older charts do not accept the generated values (istio docs, setup/upgrade)',
  },
];
const releaseDecides = 'The Kubeflow release sets the version: set kubeflow.version.';

/** Runs when kubeflow.components names the part. */
const withPart = (part: string) => ({
  namespaces: [],
  versionHint: releaseDecides,
  missingSwitch: ({ kubeflow }: Switches) =>
    kubeflow.components.includes(part) ? undefined : `Add ${part} to kubeflow.components.`,
});

/** A part of Kubeflow. */
function kubeflowPart<const Part extends string>(part: Part, facts: Partial<ComponentFacts> = {}) {
  return { ...withPart(part), ...facts, part };
}

/** The components in reading order. A test compares them with components/. */
const facts = {
  argocd: {
    namespaces: ['argocd'],
    upstream: 'kustomization',
    // Its webhook.
    paths: ['hooks'],
    versionHint: 'Set argocd.version.',
    floors: [
      {
        of: 'upstream',
        least: '3.5.4',
        because:
          'it fixes the critical vulnerabilities of October 2026; waves need syncPolicy.retry.refresh (argoproj/argo-cd#23038)',
      },
    ],
    missingSwitch: ({ argocd }) => (argocd.install ? undefined : 'Set argocd.install: true.'),
  },
  metallb: {
    namespaces: ['metallb-system'],
    upstream: 'chart',
    missingSwitch: ({ loadBalancer }) =>
      loadBalancer.metallb === undefined ? 'Set loadBalancer.metallb.pools.' : undefined,
  },
  'cert-manager': {
    namespaces: ['cert-manager'],
    upstream: 'chart',
    floors: [
      {
        of: 'upstream',
        least: '1.15.0',
        because:
          'older charts lack crds.enabled, without which its kinds are missing (cert-manager docs, installation/helm)',
      },
    ],
  },
  'istio-base': {
    namespaces: ['istio-system'],
    upstream: 'chart',
    floors: meshFloors,
    skew: { older: 0, newer: 1, because: 'istiod needs the CRDs of its own minor version or the next' },
  },
  'istio-cni': {
    namespaces: ['istio-cni'],
    upstream: 'chart',
    floors: meshFloors,
    skew: { older: 1, newer: 0, because: 'no part of the mesh can be newer than istiod' },
    missingSwitch: ({ istio }) => (istio.cni.enabled ? undefined : 'Set istio.cni.enabled: true.'),
  },
  istiod: { namespaces: [], upstream: 'chart', floors: meshFloors },
  gateway: {
    namespaces: ['ingress'],
    upstream: 'chart',
    floors: meshFloors,
    skew: { older: 1, newer: 0, because: 'a proxy cannot be newer than istiod (istio/istio.io#12554)' },
  },
  issuer: {
    namespaces: [],
    versionHint: noUpstream,
    missingSwitch: ({ tls }) => {
      const other = (['existingIssuer', 'certificate'] as const).find((key) => tls[key] !== undefined);
      return other === undefined ? undefined : `Remove tls.${other}, which provides the certificates.`;
    },
  },
  dex: {
    namespaces: ['auth'],
    upstream: 'chart',
    paths: ['dex'],
    floors: [
      {
        of: 'image',
        least: '2.45.0',
        because: 'older ones have no groups of static users (dexidp/dex, release notes of v2.45.0)',
      },
    ],
  },
  'oauth2-proxy': {
    namespaces: ['auth'],
    upstream: 'chart',
    paths: ['oauth2'],
    floors: [
      {
        of: 'upstream',
        least: '10.4.0',
        because: 'older charts lack config.forceLegacyConfig, which the tree sets (oauth2-proxy/manifests#385)',
      },
      {
        of: 'image',
        least: '7.15.4',
        because:
          'requests can bypass the login of older ones (GHSA-7x63-xv5r-3p2x, GHSA-7rh7-c77v-6434, GHSA-5hvv-m4w4-gf6v, GHSA-c5c4-8r6x-56w3)',
      },
    ],
  },
  'oauth2-proxy-apps': {
    namespaces: [],
    versionHint: 'Set components.oauth2-proxy.version.',
    missingSwitch: ({ auth }) => (auth.userCodeHost ? undefined : 'Set auth.userCodeHost: true.'),
  },
  'kubeflow-namespace': {
    patches: ['namespaces'],
    namespaces: ['kubeflow', 'kubeflow-system'],
    kustomizations: ['apps/kubeflow'],
    versionHint: releaseDecides,
    missingSwitch: ({ kubeflow }) =>
      kubeflow.components.length > 0 ? undefined : 'Add at least one part to kubeflow.components.',
  },
  'kubeflow-dashboard': kubeflowPart('central-dashboard', {
    patches: ['dashboard'],
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
  'kubeflow-profiles': kubeflowPart('profiles', { patches: ['profiles', 'roles'], paths: ['kfam'] }),
  'kubeflow-notebooks': kubeflowPart('notebooks', {
    patches: ['jupyter-web-app', 'notebook-controller', 'poddefaults'],
    page: '/jupyter/',
    paths: ['jupyter', 'notebook'],
    codePaths: ['notebook'],
  }),
  'kubeflow-volumes': kubeflowPart('volumes', {
    patches: ['pvcviewer-controller', 'volumes-web-app'],
    page: '/volumes/',
    paths: ['pvcviewers', 'volumes'],
    codePaths: ['pvcviewers'],
  }),
  'kubeflow-tensorboards': kubeflowPart('tensorboards', {
    patches: ['tensorboard-controller', 'tensorboards-web-app'],
    page: '/tensorboards/',
    paths: ['tensorboard', 'tensorboards'],
    codePaths: ['tensorboard'],
  }),
  'kubeflow-pipelines': kubeflowPart('pipelines', {
    patches: [
      'cache-certificate',
      'core',
      'metacontroller',
      'metadata-routes',
      'metadata',
      'mysql-policy',
      'mysql',
      'seaweedfs',
      'workflow-controller',
      'workflow-crds',
      'workflow-rbac',
    ],
    page: '/pipeline/',
    paths: ['ml_metadata', 'pipeline', 'pipelines'],
    kustomizations: ['apps/kubeflow/kubeflow-pipelines/argo-workflows'],
  }),
  'kubeflow-katib': kubeflowPart('katib', { patches: ['katib'], page: '/katib/', paths: ['katib'] }),
  'kubeflow-trainer-crds': withPart('trainer'),
  'kubeflow-trainer': kubeflowPart('trainer', {
    patches: ['jobset', 'trainer-crds', 'trainer-manager', 'trainer-rbac', 'trainer-runtimes', 'trainer-webhook'],
    kustomizations: ['apps/kubeflow/kubeflow-trainer/jobset', 'apps/kubeflow/kubeflow-trainer/jobset/26.03.1'],
  }),
  'kubeflow-serving': kubeflowPart('serving', {
    patches: ['knative-serving', 'kserve', 'models-web-app'],
    namespaces: ['cluster-local-gateway', 'knative-serving'],
    page: '/kserve-endpoints/',
    paths: ['kserve-endpoints', 'serving'],
    codePaths: ['serving'],
  }),
  'kubeflow-default-profile': {
    namespaces: [],
    versionHint: releaseDecides,
    missingSwitch: ({ kubeflow }) => {
      if (!kubeflow.components.includes('profiles')) return 'Add profiles to kubeflow.components.';
      return kubeflow.defaultProfile.enabled !== false ? undefined : 'Set kubeflow.defaultProfile.enabled: true.';
    },
  },
  tenants: { namespaces: [], paths: ['tenants'], codePaths: ['tenants'], versionHint: noUpstream },
} as const satisfies Readonly<Record<string, ComponentFacts>>;

export type ComponentName = keyof typeof facts;

export const componentFacts: Readonly<Record<ComponentName, ComponentFacts>> = facts;

export const componentNames = Object.keys(facts) as readonly ComponentName[];

type Decisions = Switches & {
  components: Readonly<Partial<Record<ComponentName, { enabled?: boolean | undefined } | undefined>>>;
};

/** @returns whether cluster.yaml runs a component: its switch is on, and `components.<name>.enabled` does not turn it off */
export function runsComponent(config: Decisions, name: ComponentName): boolean {
  return componentFacts[name].missingSwitch?.(config) === undefined && config.components[name]?.enabled !== false;
}

export type KubeflowPart = Extract<(typeof facts)[ComponentName], { part: string }>['part'];

/** The parts that `kubeflow.components` may list. */
export const kubeflowParts = Object.values(componentFacts).flatMap(({ part }) => part ?? []) as [
  KubeflowPart,
  ...KubeflowPart[],
];

/** The component of each part. */
export const componentOfPart = Object.fromEntries(
  Object.entries(componentFacts).flatMap(([name, { part }]) => (part === undefined ? [] : [[part, name]])),
) as Readonly<Record<KubeflowPart, ComponentName>>;

/** Folders whose upstream.yaml a component needs, with the kind of source that it must describe. */
export const requiredUpstreams: Readonly<Record<string, 'chart' | 'kustomization'>> = Object.fromEntries(
  Object.entries(componentFacts).flatMap(([name, { upstream, kustomizations = [] }]) => [
    ...(upstream === undefined ? [] : [[`infrastructure/${name}`, upstream] as const]),
    ...kustomizations.map((folder) => [folder, 'kustomization'] as const),
  ]),
);
