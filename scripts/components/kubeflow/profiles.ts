import type { Component } from '../component.ts';
import { commonClusterKinds, hostPatch, kubeflowNamespace, kubeflowSource, wants } from './part.ts';

/** Account of the profile controller, and of the access API beside it, which acts on behalf of users. */
const profileAccount = `${kubeflowNamespace}:profiles-controller-service-account`;

/** Profiles: a namespace for each person or team, and who else may enter it. */
export const profiles: Component = {
  name: 'kubeflow-profiles',
  summary: 'a namespace for each profile, and who may enter it',
  folder: 'apps/kubeflow/kubeflow-profiles',
  namespace: () => kubeflowNamespace,
  dependsOn: ['kubeflow-namespace'],
  wanted: wants('profiles'),
  needsHost: true,
  sources: (cluster) => [
    kubeflowSource(cluster, {
      folder: 'kubeflow-profiles/profiles',
      path: {
        // Only the first puts Pod Security's "baseline" on profiles, which refuses the sidecar's init container.
        '26.03': cluster.istio.cni.enabled
          ? 'applications/profiles/pss'
          : 'applications/profiles/upstream/overlays/kubeflow',
      },
      patches: [hostPatch(cluster)],
      images: ['ghcr.io/kubeflow/kubeflow/kfam', 'ghcr.io/kubeflow/kubeflow/profile-controller'],
    }),
    // kubeflow-admin, -edit and -view, which the roles of all other parts are aggregated into.
    kubeflowSource(cluster, {
      folder: 'kubeflow-profiles/roles',
      path: { '26.03': 'common/kubeflow-roles/base' },
    }),
  ],
  clusterKinds: () => commonClusterKinds,
  tenantWriters: {
    [profileAccount]: ['rbac.authorization.k8s.io/*', 'security.istio.io/*', '/resourcequotas'],
  },
  serverSideApply: true,
  readyWithinSeconds: 600,
};
