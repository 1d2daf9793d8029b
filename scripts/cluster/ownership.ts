import type { Api } from './api.ts';
import { applicationApi, type LiveApplication } from './applications.ts';
import type { LiveData, LiveObject } from './live.ts';
import { inParallel } from './parallel.ts';

/** Objects that a run is going to own. */
export interface OwnershipQuestion {
  /** Name of the cluster's folder. */
  cluster: string;
  /** Name of the kubeconfig's context, for messages. */
  context?: string;
  argocd: {
    namespace: string;
    install: boolean;
    /** Keys of argocd-cm that an existing Argo CD must have. */
    settings?: Readonly<Record<string, string>>;
    /** Kinds that the tree needs, for example `EnvoyFilter.networking.istio.io`. */
    kinds?: readonly string[];
  };
  root: {
    name: string;
    project: string;
    repositoryUrl: string;
    path: string;
    /** Names of the Applications that the root creates. */
    children?: readonly string[];
    /** The repository's previous address, if the user passes --moved-from. */
    movedFrom?: string;
  };
  /** Name of the repository Secret; absent when none is written. */
  repositorySecret?: string;
  /** Namespaces of the platform, except Argo CD's. */
  namespaces: readonly string[];
}

/** The existing objects. */
export interface Ownership {
  namespaces: readonly LiveObject[];
  /** CRDs of Argo CD. */
  definitions: readonly LiveObject[];
  /** Deployments and StatefulSets of any Argo CD, in any namespace. */
  workloads: readonly LiveObject[];
  /** Deployments in the platform's namespaces. */
  neighbours: readonly LiveObject[];
  /** All Applications of the cluster. */
  applications: readonly LiveApplication[];
  project: LiveObject | undefined;
  /** Repository Secrets in Argo CD's namespace. */
  repositories: readonly LiveData[];
  /** argocd-cm. */
  settings: LiveData | undefined;
}

/** A finding about an existing object. */
export interface OwnershipFinding {
  /** Stable name of the kind of finding. */
  code: string;
  /** True when the run must stop. */
  refuse: boolean;
  message: string;
  /** One thing to do about it. */
  hint: string;
}

/**
 * absent: not installed. ours: installed by an earlier run, perhaps partly. self-managed: its own
 * Application manages it. existing: another owner's, used unchanged (argocd.install: false).
 */
export type ArgoCDState = 'absent' | 'ours' | 'self-managed' | 'existing';

export interface Verdict {
  /** Name of the cluster's folder, which installed objects have as a label. */
  cluster: string;
  argocd: ArgoCDState;
  /** True to take over the fields of leftover CRDs by force. */
  takeOverDefinitions: boolean;
  /** The repository's Secret from an earlier run. */
  repository?: LiveData;
  findings: readonly OwnershipFinding[];
}

/** The CRDs of Argo CD. */
const argocdDefinitions = ['applications', 'applicationsets', 'appprojects'].map((name) => `${name}.argoproj.io`);

/** Reads everything needed to decide on ownership. Writes nothing. */
export async function lookAtOwnership(api: Api, question: OwnershipQuestion): Promise<Ownership> {
  const { namespace } = question.argocd;
  const argocd = { labelSelector: 'app.kubernetes.io/part-of=argocd' };
  const read = (apiVersion: string, kind: string) => (name: string) =>
    api.find<LiveObject>({ apiVersion, kind, metadata: { name } });
  const namespaces = await inParallel([namespace, ...question.namespaces], 6, read('v1', 'Namespace'));
  const definitions = await inParallel(
    argocdDefinitions,
    3,
    read('apiextensions.k8s.io/v1', 'CustomResourceDefinition'),
  );
  const present = namespaces.filter((item) => item !== undefined);
  const neighbours = await inParallel(
    present.map(({ metadata }) => metadata.name).filter((name) => name !== namespace),
    6,
    async (name) => (await api.list('apps/v1', 'Deployment', { namespace: name })).items,
  );
  const deployments = await api.list('apps/v1', 'Deployment', argocd);
  const statefulSets = await api.list('apps/v1', 'StatefulSet', argocd);
  const repositories = await api.list<LiveData>('v1', 'Secret', {
    namespace,
    labelSelector: 'argocd.argoproj.io/secret-type=repository',
  });
  return {
    namespaces: present,
    definitions: definitions.filter((item) => item !== undefined),
    workloads: [...deployments.items, ...statefulSets.items],
    neighbours: neighbours.flat(),
    applications: (await api.list<LiveApplication>(applicationApi, 'Application')).items,
    project: await api.find({
      apiVersion: applicationApi,
      kind: 'AppProject',
      metadata: { name: question.root.project, namespace },
    }),
    repositories: repositories.items,
    settings: await api.find({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'argocd-cm', namespace } }),
  };
}
