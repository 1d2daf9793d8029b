import { requiredUpstreams } from './schema/component-facts.ts';

/**
 * Files that this template ships in infrastructure/ and apps/kubeflow/, by folder. The platform needs each of them in addition to
 * upstream.yaml, and kustomize, Helm and Argo CD would ignore a missing one silently.
 */
const brought: Readonly<Record<string, readonly string[]>> = {
  'apps/kubeflow/kubeflow-dashboard/dashboard': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-katib/katib': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-namespace/namespaces': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-notebooks/jupyter-web-app': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-notebooks/notebook-controller': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-notebooks/poddefaults': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-pipelines/cache-certificate': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-pipelines/core': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-pipelines/metacontroller': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-pipelines/metadata-routes': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-pipelines/metadata': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-pipelines/mysql-policy': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-pipelines/mysql': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-pipelines/seaweedfs': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-pipelines/workflow-controller': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-pipelines/workflow-crds': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-pipelines/workflow-rbac': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-profiles/profiles': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-profiles/roles': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-serving/knative-serving': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-serving/kserve': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-serving/models-web-app': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-serving': ['values.yaml'],
  'apps/kubeflow/kubeflow-tensorboards/tensorboard-controller': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-tensorboards/tensorboards-web-app': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-trainer/jobset': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-trainer/trainer-crds': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-trainer/trainer-manager': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-trainer/trainer-rbac': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-trainer/trainer-runtimes': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-trainer/trainer-webhook': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-volumes/pvcviewer-controller': ['kustomization.yaml'],
  'apps/kubeflow/kubeflow-volumes/volumes-web-app': ['kustomization.yaml'],
  'infrastructure/argocd': ['application-health.lua', 'kustomization.yaml'],
  'infrastructure/cert-manager': ['values.yaml'],
  'infrastructure/dex': ['values.yaml'],
  'infrastructure/gateway': ['values.yaml'],
  'infrastructure/istio-base': ['values.yaml'],
  'infrastructure/istio-cni': ['values.yaml'],
  'infrastructure/istiod': ['values.yaml'],
  'infrastructure/metallb': ['values.yaml'],
  'infrastructure/oauth2-proxy': ['values.yaml'],
  'infrastructure/tenant': ['.helmignore', 'Chart.yaml', 'denied.yaml', 'values.schema.json', 'values.yaml'],
  'infrastructure/tenant/templates': [
    '_names.tpl',
    'members.yaml',
    'network.yaml',
    'place.yaml',
    'project.yaml',
    'quota.yaml',
    'routes.yaml',
  ],
};

/** Paths of all template files, relative to the repository. */
export const templateFiles: readonly string[] = [
  ...Object.keys(requiredUpstreams).map((folder) => `${folder}/upstream.yaml`),
  ...Object.entries(brought).flatMap(([folder, names]) => names.map((name) => `${folder}/${name}`)),
].sort();
