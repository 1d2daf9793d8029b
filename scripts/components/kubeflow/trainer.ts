import type { Cluster } from '../../config/cluster.ts';
import type { KubeflowVersion } from '../../config/schema/component-settings.ts';
import type { Component, KubernetesObject } from '../component.ts';
import type { DashboardLinks } from './links.ts';
import {
  commonClusterKinds,
  kubeflowSource,
  kubeflowSystemNamespace,
  kubeflowUpstream,
  kubeflowVersion,
  mutatingWebhook,
  oldOnesLast,
  runs,
  validatingWebhook,
} from './part.ts';
import { releases } from './releases.ts';

/**
 * The Trainer's CRDs, in an earlier wave than its runtimes. Argo CD compares a runtime by a dry run on the server, which fails while the
 * CRD lacks a field of the new runtime, and an Application that it cannot compare gets no sync: CRDs in the same Application never come.
 */
export const trainerCrds: Component = {
  name: 'kubeflow-trainer-crds',
  summary: "the Trainer's CRDs",
  folder: 'apps/kubeflow/kubeflow-trainer',
  namespace: () => kubeflowSystemNamespace,
  dependsOn: ['kubeflow-namespace'],
  enabled: (cluster) => runs(cluster, 'trainer'),
  needsHost: true,
  sources: (cluster) => [kubeflowSource(cluster, { folder: 'kubeflow-trainer/trainer-crds' })],
  clusterKinds: () => ['apiextensions.k8s.io/CustomResourceDefinition'],
  serverSideApply: true,
  readyWithinSeconds: 300,
};

/** The Trainer: distributed training jobs (its second generation; the Training Operator is not installed). */
export const trainer: Component = {
  name: 'kubeflow-trainer',
  summary: 'distributed training jobs',
  folder: 'apps/kubeflow/kubeflow-trainer',
  namespace: () => kubeflowSystemNamespace,
  dependsOn: ['kubeflow-profiles', 'kubeflow-namespace', 'kubeflow-trainer-crds'],
  needsHost: true,
  sources: (cluster) => [jobset(cluster), ...trainerSources(cluster)],
  manifests: (cluster) => [...roles(), webhookCertificate(), ...publicVersion(kubeflowVersion(cluster))],
  clusterKinds: () => [
    ...commonClusterKinds,
    mutatingWebhook,
    validatingWebhook,
    'trainer.kubeflow.org/ClusterTrainingRuntime',
  ],
  serverSideApply: true,
  syncOptions: oldOnesLast,
  readyWithinSeconds: 900,
};

export const trainerLinks: DashboardLinks = {
  documentationItems: [
    {
      text: 'Kubeflow Trainer Documentation',
      desc: 'Documentation for Kubeflow Trainer',
      link: 'https://www.kubeflow.org/docs/components/trainer/',
    },
  ],
};

/** JobSet, from its own repository: Kubeflow's copy fetches it over the network while it builds. */
function jobset(cluster: Cluster) {
  return kubeflowSource(cluster, {
    folder: 'kubeflow-trainer/jobset',
    path: 'config/default',
    from: 'kubeflow-trainer/jobset',
    // Its tags use the staging image.
    imageOverrides: [
      `us-central1-docker.pkg.dev/k8s-staging-images/jobset/jobset=registry.k8s.io/jobset/jobset:${kubeflowUpstream(cluster, 'kubeflow-trainer/jobset').version}`,
    ],
  });
}

function trainerSources(cluster: Cluster) {
  return [
    kubeflowSource(cluster, { folder: 'kubeflow-trainer/trainer-rbac' }),
    kubeflowSource(cluster, { folder: 'kubeflow-trainer/trainer-webhook' }),
    kubeflowSource(cluster, {
      folder: 'kubeflow-trainer/trainer-manager',
      // The tag is in upstream's overlay, the one that fetches JobSet.
      imageOverrides: [
        `ghcr.io/kubeflow/trainer/trainer-controller-manager:${releases[kubeflowVersion(cluster)].trainer}`,
      ],
    }),
    kubeflowSource(cluster, {
      folder: 'kubeflow-trainer/trainer-runtimes',
      images: [
        'ghcr.io/kubeflow/trainer/dataset-initializer',
        'ghcr.io/kubeflow/trainer/deepspeed-runtime',
        'ghcr.io/kubeflow/trainer/mlx-runtime',
        'ghcr.io/kubeflow/trainer/model-initializer',
        'ghcr.io/kubeflow/trainer/torchtune-trainer',
        'ghcr.io/kubeflow/trainer/xgboost-runtime',
        'nvcr.io/nvidia/jax',
        'pytorch/pytorch',
      ],
    }),
  ];
}

/** Rights of a profile's members, aggregated into kubeflow-admin, -edit and -view. Upstream has them in the overlay that fetches JobSet. */
function roles(): KubernetesObject[] {
  const aggregate = (role: string) => [`rbac.authorization.kubeflow.org/aggregate-to-kubeflow-${role}`, 'true'];
  const read = ['get', 'list', 'watch'];
  // Everyone who may call the API may read the shared runtimes.
  const shared = 'kubeflow-trainer-view-cluster-runtimes';
  return [
    clusterRole('kubeflow-trainer-edit', Object.fromEntries([aggregate('admin'), aggregate('edit')]), [
      { apiGroups: ['trainer.kubeflow.org'], resources: ['trainjobs'], verbs: ['create', 'patch', 'delete'] },
    ]),
    clusterRole('kubeflow-trainer-view', Object.fromEntries([aggregate('view')]), [
      { apiGroups: ['trainer.kubeflow.org'], resources: ['trainingruntimes', 'trainjobs'], verbs: read },
      { apiGroups: [''], resources: ['pods', 'pods/log', 'events'], verbs: read },
    ]),
    clusterRole(shared, undefined, [
      { apiGroups: ['trainer.kubeflow.org'], resources: ['clustertrainingruntimes'], verbs: read },
    ]),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: shared },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: shared },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:authenticated' }],
    },
  ];
}

function clusterRole(
  name: string,
  labels: Record<string, string> | undefined,
  rules: readonly Record<string, readonly string[]>[],
): KubernetesObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, ...(labels === undefined ? {} : { labels }) },
    rules,
  };
}

/** Empty Secret that the Trainer fills with its webhook's certificate. It does not start without the Secret. */
function webhookCertificate(): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'kubeflow-trainer-webhook-cert', namespace: kubeflowSystemNamespace },
  };
}

/** The version that the SDK reads: everyone may, by a role that later releases have. Upstream makes it in the overlay that fetches JobSet. */
function publicVersion(release: KubeflowVersion): KubernetesObject[] {
  if (release === '26.03') return [];
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kubeflow-trainer-public', namespace: kubeflowSystemNamespace },
      data: { kubeflow_trainer_version: releases[release].trainer },
    },
  ];
}
