import type { Cluster } from '../config/cluster.ts';
import type { Component, KubernetesObject } from './component.ts';

/** Tenants: an ApplicationSet that follows the branch by itself, outside the waves. It has no tenants yet. */
export const tenants: Component = {
  name: 'tenants',
  summary: 'one Application per tenant, outside the waves',
  folder: 'tenants',
  namespace: (cluster) => cluster.argocd.namespace,
  // A tenant's objects are of kinds that these bring along.
  dependsOn: [
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
    'oauth2-proxy',
  ],
  wanted: () => true,
  sources: () => [],
  manifests: (cluster) => [applicationSet(cluster)],
  clusterKinds: () => [],
  readyWithinSeconds: 120,
};

function applicationSet(cluster: Cluster): KubernetesObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata: { name: 'tenants', namespace: cluster.argocd.namespace },
    spec: {
      goTemplate: true,
      goTemplateOptions: ['missingkey=error'],
      generators: [{ list: { elements: [] } }],
      template: {
        metadata: { name: 'tenant-{{ .name }}' },
        spec: {
          project: cluster.argocd.root.project,
          source: {
            repoURL: cluster.repositoryUrl,
            targetRevision: cluster.git.branch,
            path: 'tenants/{{ .name }}/manifests',
          },
          destination: { server: 'https://kubernetes.default.svc', namespace: '{{ .name }}' },
        },
      },
    },
  };
}
