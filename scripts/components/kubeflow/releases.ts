import type { KubeflowVersion } from '../../config/schema/component-settings.ts';

/** What the program knows about a release of Kubeflow. */
interface Release {
  /** Commit of its tag, for upstream.yaml. */
  commit: string;
  /** Version of the Trainer, from the release's overlay, which we cannot use. */
  trainer: string;
  /** Its folder for each source, by the source's folder of patches under apps/kubeflow. */
  paths: Readonly<Record<ReleasePath, string>>;
  /** Application in which it has the network policy of PodDefaults' webhook. */
  podDefaultsPolicyIn: 'kubeflow-namespace' | 'kubeflow-notebooks';
  /** What the upgrade to it has to do once, beyond applying its objects. */
  steps: readonly ReleaseStep[];
  /** What its revert does to data, by Application: goes on after "a revert". */
  onRevert: readonly { application: string; text: string }[];
}

/**
 * An object that a release changes in a field that Kubernetes never lets change. It gets another name: Argo CD makes the new one, and
 * prunes the old one when the new one is Healthy. Nothing else would work: Argo CD compares by a dry run on the server, which such a change
 * fails, and then it starts no sync, not even the hooks that could make room.
 */
export interface ReleaseStep {
  /** Folder of its source's patches under apps/kubeflow. */
  folder: string;
  group: string;
  kind: string;
  namespace?: string;
  /** Name in upstream's file, before prefixes, and the one that it gets there. */
  patched: readonly [from: string, to: string];
  /** Name in the cluster until this release, and from it on. */
  name: readonly [from: string, to: string];
  because: string;
}

/** Folders that no release has moved yet. */
const unmoved = {
  'kubeflow-namespace/namespaces': 'common/kubeflow-namespace/base',
  'kubeflow-profiles/roles': 'common/kubeflow-roles/base',
  'kubeflow-pipelines/metacontroller': 'applications/pipeline/upstream/third-party/metacontroller/base',
  'kubeflow-pipelines/mysql': 'applications/pipeline/upstream/third-party/mysql/base',
  'kubeflow-pipelines/mysql-policy': 'applications/pipeline/upstream/third-party/mysql/options/istio',
  'kubeflow-pipelines/seaweedfs': 'applications/pipeline/upstream/third-party/seaweedfs/istio',
  'kubeflow-pipelines/metadata': 'applications/pipeline/upstream/base/metadata/base',
  'kubeflow-pipelines/metadata-routes': 'applications/pipeline/upstream/base/metadata/options/istio',
  'kubeflow-pipelines/cache-certificate': 'applications/pipeline/upstream/env/cert-manager/base',
  'kubeflow-pipelines/core': 'applications/pipeline/upstream/base/installs/multi-user',
  'kubeflow-katib/katib': 'applications/katib/upstream/installs/katib-with-kubeflow',
  'kubeflow-trainer/trainer-crds': 'applications/trainer/upstream/base/crds',
  'kubeflow-trainer/trainer-rbac': 'applications/trainer/upstream/base/rbac',
  'kubeflow-trainer/trainer-webhook': 'applications/trainer/upstream/base/webhook',
  'kubeflow-trainer/trainer-manager': 'applications/trainer/upstream/base/manager',
  'kubeflow-trainer/trainer-runtimes': 'applications/trainer/upstream/overlays/runtimes',
  'kubeflow-serving/knative-serving': 'common/knative/knative-serving/overlays/gateways',
  'kubeflow-serving/kserve': 'applications/kserve/kserve',
  'kubeflow-serving/models-web-app': 'applications/kserve/models-web-app/overlays/kubeflow',
};

/** Folders that moved between releases. */
type Moved =
  | 'kubeflow-dashboard/dashboard'
  | 'kubeflow-profiles/profiles'
  | 'kubeflow-profiles/profiles-without-pod-security'
  | 'kubeflow-notebooks/poddefaults'
  | 'kubeflow-notebooks/notebook-controller'
  | 'kubeflow-notebooks/jupyter-web-app'
  | 'kubeflow-volumes/pvcviewer-controller'
  | 'kubeflow-volumes/volumes-web-app'
  | 'kubeflow-tensorboards/tensorboard-controller'
  | 'kubeflow-tensorboards/tensorboards-web-app';

/** A source in a release's repository. */
export type ReleasePath = keyof typeof unmoved | Moved;

/** Every release that can be pinned, oldest first. What differs in code between releases is here or in the part's file, by version. */
export const releases: Readonly<Record<KubeflowVersion, Release>> = {
  '26.03': {
    commit: 'd68ebc7fab366ab40ddd1541d2ec22febb31bc83',
    trainer: 'v2.1.0',
    paths: {
      ...unmoved,
      'kubeflow-dashboard/dashboard': 'applications/centraldashboard/overlays/oauth2-proxy',
      'kubeflow-profiles/profiles': 'applications/profiles/pss',
      'kubeflow-profiles/profiles-without-pod-security': 'applications/profiles/upstream/overlays/kubeflow',
      'kubeflow-notebooks/poddefaults': 'applications/admission-webhook/upstream/overlays/cert-manager',
      'kubeflow-notebooks/notebook-controller': 'applications/jupyter/notebook-controller/upstream/overlays/kubeflow',
      'kubeflow-notebooks/jupyter-web-app': 'applications/jupyter/jupyter-web-app/upstream/overlays/istio',
      'kubeflow-volumes/pvcviewer-controller': 'applications/pvcviewer-controller/upstream/base',
      'kubeflow-volumes/volumes-web-app': 'applications/volumes-web-app/upstream/overlays/istio',
      'kubeflow-tensorboards/tensorboard-controller':
        'applications/tensorboard/tensorboard-controller/upstream/overlays/kubeflow',
      'kubeflow-tensorboards/tensorboards-web-app':
        'applications/tensorboard/tensorboards-web-app/upstream/overlays/istio',
    },
    podDefaultsPolicyIn: 'kubeflow-namespace',
    steps: [],
    onRevert: [],
  },
  '26.03.1': {
    commit: 'f09f3eeaa25cc852665f460497a42b7fc68639ac',
    trainer: 'v2.2.0',
    paths: {
      ...unmoved,
      'kubeflow-dashboard/dashboard': 'applications/dashboard/upstream/centraldashboard/overlays/istio',
      'kubeflow-profiles/profiles': 'applications/dashboard/upstream/profile-controller/overlays/kubeflow-pss',
      'kubeflow-profiles/profiles-without-pod-security':
        'applications/dashboard/upstream/profile-controller/overlays/kubeflow',
      'kubeflow-notebooks/poddefaults': 'applications/dashboard/upstream/poddefaults-webhooks/overlays/cert-manager',
      'kubeflow-notebooks/notebook-controller':
        'applications/notebooks-v1/upstream/notebook-controller/overlays/kubeflow',
      'kubeflow-notebooks/jupyter-web-app': 'applications/notebooks-v1/upstream/jupyter-web-app/overlays/istio',
      'kubeflow-volumes/pvcviewer-controller': 'applications/notebooks-v1/upstream/pvcviewer-controller/base',
      'kubeflow-volumes/volumes-web-app': 'applications/notebooks-v1/upstream/volumes-web-app/overlays/istio',
      'kubeflow-tensorboards/tensorboard-controller':
        'applications/notebooks-v1/upstream/tensorboard-controller/overlays/kubeflow',
      'kubeflow-tensorboards/tensorboards-web-app':
        'applications/notebooks-v1/upstream/tensorboards-web-app/overlays/istio',
    },
    podDefaultsPolicyIn: 'kubeflow-notebooks',
    steps: [
      {
        folder: 'kubeflow-profiles/profiles',
        group: 'apps',
        kind: 'Deployment',
        namespace: 'kubeflow',
        patched: ['profiles-deployment', 'profiles-controller'],
        name: ['profiles-deployment', 'profiles-controller'],
        because: 'its selector differs (kubeflow/community-distribution#3469)',
      },
      {
        folder: 'kubeflow-trainer/jobset',
        group: 'apps',
        kind: 'Deployment',
        namespace: 'kubeflow-system',
        patched: ['controller-manager', 'manager'],
        name: ['jobset-controller-manager', 'jobset-manager'],
        because: 'its selector differs (kubeflow/community-distribution#3428)',
      },
      {
        folder: 'kubeflow-serving/kserve',
        group: 'rbac.authorization.k8s.io',
        kind: 'ClusterRoleBinding',
        patched: ['llmisvc-manager-rolebinding', 'kserve-llmisvc-manager-rolebinding'],
        name: ['llmisvc-manager-rolebinding', 'kserve-llmisvc-manager-rolebinding'],
        because: 'it binds another role (kubeflow/community-distribution, README at 26.03.1)',
      },
    ],
    onRevert: [
      {
        application: 'kubeflow-trainer',
        text: 'drops fields that only the newer CRDs of the Trainer and JobSet have, such as volumeClaimPolicies; kubeflow-trainer stays Unknown until Argo CD lists the runtimes again, which it does every ten minutes',
      },
      {
        application: 'kubeflow-serving',
        text: "drops fields that only KServe 0.18's CRDs have, and keeps CRDs that are new in it",
      },
    ],
  },
};
