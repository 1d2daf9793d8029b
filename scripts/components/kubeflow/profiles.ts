import type { Cluster } from '../../config/cluster.ts';
import { admissionPolicy } from '../admission.ts';
import type { Component, KubernetesObject } from '../component.ts';
import { whoAsks } from '../platform-accounts.ts';
import { commonClusterKinds, kubeflowNamespace, kubeflowSource, oldOnesLast } from './part.ts';

/** Account of the profile controller and of the access API in its pod, which acts on behalf of users. */
const profileAccount = `${kubeflowNamespace}:profiles-controller-service-account`;

/** Profiles: a namespace for each person or team, with its contributors. */
export const profiles: Component = {
  name: 'kubeflow-profiles',
  summary: 'a namespace for each profile, with its contributors',
  folder: 'apps/kubeflow/kubeflow-profiles',
  namespace: () => kubeflowNamespace,
  dependsOn: ['kubeflow-namespace'],
  needsHost: true,
  sources: (cluster) => [
    kubeflowSource(cluster, {
      folder: 'kubeflow-profiles/profiles',
      // Pod Security's "baseline" on profiles refuses the sidecar's init container.
      ...(cluster.istio.cni.enabled ? {} : { variant: 'kubeflow-profiles/profiles-without-pod-security' }),
      images: [
        'ghcr.io/kubeflow/dashboard/access-management',
        'ghcr.io/kubeflow/dashboard/profile-controller',
        'ghcr.io/kubeflow/kubeflow/kfam',
        'ghcr.io/kubeflow/kubeflow/profile-controller',
      ],
    }),
    // kubeflow-admin, -edit and -view, which aggregate the roles of all other parts.
    kubeflowSource(cluster, {
      folder: 'kubeflow-profiles/roles',
    }),
  ],
  manifests: profilesFromGit,
  clusterKinds: () => [
    ...commonClusterKinds,
    'admissionregistration.k8s.io/ValidatingAdmissionPolicy',
    'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding',
  ],
  tenantWriters: {
    [profileAccount]: ['rbac.authorization.k8s.io/*', 'security.istio.io/*', '/resourcequotas', '/serviceaccounts'],
  },
  serverSideApply: true,
  syncOptions: oldOnesLast,
  readyWithinSeconds: 600,
};

/**
 * Admits Profiles from Git only. Upstream's dashboard creates one for any user, and its access API for anyone who sends a
 * namespace: even with the name of a later tenant, and with that user's rights in it.
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
        message: 'Create Profiles by pull request only: as tenants/<team>/tenant.yaml with kind: kubeflow.',
      },
    ],
  });
}
