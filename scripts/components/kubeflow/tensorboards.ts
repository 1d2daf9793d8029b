import type { Component } from '../component.ts';
import type { DashboardLinks } from './links.ts';
import { commonClusterKinds, hostPatch, hostSetting, kubeflowNamespace, kubeflowSource } from './part.ts';

/** TensorBoards: one pod for each set of logs. */
export const tensorboards: Component = {
  name: 'kubeflow-tensorboards',
  summary: 'TensorBoards for logs in volumes and object stores',
  folder: 'apps/kubeflow/kubeflow-tensorboards',
  namespace: () => kubeflowNamespace,
  dependsOn: ['kubeflow-profiles', 'kubeflow-namespace'],
  needsHost: true,
  sources: (cluster) => [
    kubeflowSource(cluster, {
      folder: 'kubeflow-tensorboards/tensorboard-controller',
      patches: [hostSetting(cluster, 'tensorboard-controller-config')],
      images: [
        'ghcr.io/kubeflow/notebooks/tensorboard-controller',
        'ghcr.io/kubeflow/kubeflow/tensorboard-controller',
        'quay.io/brancz/kube-rbac-proxy',
      ],
    }),
    kubeflowSource(cluster, {
      folder: 'kubeflow-tensorboards/tensorboards-web-app',
      patches: [hostPatch(cluster)],
      images: ['ghcr.io/kubeflow/notebooks/tensorboards-web-app', 'ghcr.io/kubeflow/kubeflow/tensorboards-web-app'],
    }),
  ],
  clusterKinds: () => commonClusterKinds,
  tenantWriters: { [`${kubeflowNamespace}:tensorboard-controller-controller-manager`]: ['networking.istio.io/*'] },
  serverSideApply: true,
  readyWithinSeconds: 600,
};

export const tensorboardsLinks: DashboardLinks = {
  menuLinks: [{ type: 'item', icon: 'assessment', link: '/tensorboards/', text: 'TensorBoards' }],
};
