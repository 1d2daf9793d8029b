import type { Cluster, KustomizePatch } from '../../config/cluster.ts';
import type { Component } from '../component.ts';
import { gatewayName, gatewayNamespace } from '../domain.ts';
import { userCodeRoute } from '../user-code.ts';
import type { DashboardLinks } from './links.ts';
import {
  commonClusterKinds,
  hostPatch,
  jsonPatch,
  kubeflowNamespace,
  kubeflowSource,
  mutatingWebhook,
  validatingWebhook,
} from './part.ts';

/** Volumes: the page for PersistentVolumeClaims, and a file browser for each. */
export const volumes: Component = {
  name: 'kubeflow-volumes',
  summary: 'volumes, and a file browser for each',
  folder: 'apps/kubeflow/kubeflow-volumes',
  namespace: () => kubeflowNamespace,
  dependsOn: ['kubeflow-profiles', 'kubeflow-namespace', 'cert-manager'],
  needsHost: true,
  sources: (cluster) => [
    kubeflowSource(cluster, {
      folder: 'kubeflow-volumes/pvcviewer-controller',
      patches: viewerGateway(cluster),
      images: [
        'ghcr.io/kubeflow/notebooks/pvcviewer-controller',
        'ghcr.io/kubeflow/kubeflow/pvcviewer-controller',
        'quay.io/brancz/kube-rbac-proxy',
      ],
    }),
    kubeflowSource(cluster, {
      folder: 'kubeflow-volumes/volumes-web-app',
      patches: [hostPatch(cluster)],
      images: ['ghcr.io/kubeflow/notebooks/volumes-web-app', 'ghcr.io/kubeflow/kubeflow/volumes-web-app'],
    }),
  ],
  clusterKinds: () => [...commonClusterKinds, mutatingWebhook, validatingWebhook],
  tenantWriters: { [`${kubeflowNamespace}:pvcviewer-controller-manager`]: ['networking.istio.io/*'] },
  serverSideApply: true,
  readyWithinSeconds: 600,
};

/** The controller's routes are for every host of the Gateway that it is told; its folder's patch adds the variable. */
function viewerGateway(cluster: Cluster): KustomizePatch[] {
  if (!cluster.auth.userCodeHost) return [];
  const variable = '/spec/template/spec/containers/0/env/0';
  return [
    jsonPatch({ group: 'apps', kind: 'Deployment', name: 'pvcviewer-controller-manager' }, [
      {
        op: 'test',
        path: variable,
        value: { name: 'ISTIO_GATEWAY', value: `${gatewayNamespace}/${gatewayName}` },
      },
      { op: 'replace', path: `${variable}/value`, value: userCodeRoute(cluster).gateway },
    ]),
  ];
}

export const volumesLinks: DashboardLinks = {
  menuLinks: [{ type: 'item', icon: 'device:storage', link: '/volumes/', text: 'Volumes' }],
};
