import type { Cluster } from '../../config/cluster.ts';
import { admissionPolicy } from '../admission.ts';
import type { Component, KubernetesObject } from '../component.ts';
import { whoAsks } from '../platform-accounts.ts';
import { commonClusterKinds, kubeflowNamespace, kubeflowSource, wants } from './part.ts';

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
      images: ['ghcr.io/kubeflow/kubeflow/kfam', 'ghcr.io/kubeflow/kubeflow/profile-controller'],
    }),
    // kubeflow-admin, -edit and -view, which the roles of all other parts are aggregated into.
    kubeflowSource(cluster, {
      folder: 'kubeflow-profiles/roles',
      path: { '26.03': 'common/kubeflow-roles/base' },
    }),
  ],
  manifests: profilesFromGit,
  clusterKinds: () => [
    ...commonClusterKinds,
    'admissionregistration.k8s.io/ValidatingAdmissionPolicy',
    'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding',
  ],
  tenantWriters: {
    [profileAccount]: ['rbac.authorization.k8s.io/*', 'security.istio.io/*', '/resourcequotas'],
  },
  serverSideApply: true,
  readyWithinSeconds: 600,
};

/**
 * Profiles come from Git only. Upstream's dashboard makes one for every user who asks, and its access API for everyone who names a
 * namespace: also one of the name that a tenant gets later, with that user's rights in it.
 */
function profilesFromGit(cluster: Cluster): KubernetesObject[] {
  return admissionPolicy({
    name: 'breakwater-profiles-come-from-git',
    match: {
      resourceRules: [
        {
          apiGroups: ['kubeflow.org'],
          apiVersions: ['*'],
          operations: ['CREATE', 'UPDATE', 'DELETE'],
          resources: ['profiles'],
        },
      ],
    },
    // The profile controller keeps its finalizer and the status there.
    only: { changes: "request.operation != 'UPDATE' || object.spec != oldObject.spec" },
    variables: whoAsks(cluster),
    rules: [
      {
        expression: 'variables.platform',
        message: 'A Profile is made by a pull request only: as tenants/<team>/tenant.yaml with kind: kubeflow.',
      },
    ],
  });
}
