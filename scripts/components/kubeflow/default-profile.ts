import { createHash } from 'node:crypto';
import type { Cluster } from '../../config/cluster.ts';
import type { Component, KubernetesObject } from '../component.ts';
import { kubeflowNamespace, runs } from './part.ts';

const longest = 59;

/** The profile (personal namespace) of the first user. */
export const defaultProfile: Component = {
  name: 'kubeflow-default-profile',
  summary: "the first user's profile",
  folder: 'apps/kubeflow',
  namespace: () => kubeflowNamespace,
  dependsOn: ['kubeflow-profiles'],
  enabled: (cluster) =>
    runs(cluster, 'profiles') && cluster.kubeflow.defaultProfile.enabled !== false && owner(cluster) !== undefined,
  needsHost: true,
  // The controller takes the access to another owner only when the namespace names that one already: else the old owner keeps it,
  // the new one gets nothing, and the Profile's condition alone says so (kubeflow/dashboard#33). A namespace that is there gets its
  // other labels, but not this one.
  namespaces: (cluster) => [
    {
      name: profileName(cluster),
      labels: { 'istio-injection': 'enabled' },
      annotations: { owner: owner(cluster) ?? '' },
    },
  ],
  sources: () => [],
  alsoWritesTo: (cluster) => [profileName(cluster)],
  manifests: (cluster) => [
    ownersBinding(cluster),
    {
      apiVersion: 'kubeflow.org/v1',
      kind: 'Profile',
      // Deleting a profile deletes its namespace with all data.
      metadata: {
        name: profileName(cluster),
        annotations: { 'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false' },
      },
      spec: { owner: { kind: 'User', name: owner(cluster) } },
    },
  ],
  clusterKinds: () => ['kubeflow.org/Profile'],
  syncOptions: ['SkipDryRunOnMissingResource=true'],
  readyWithinSeconds: 120,
};

/**
 * The owner's rights, as the controller makes them. It moves the subject to another owner and leaves the annotations, by which the
 * dashboard lists whose namespaces are whose.
 */
function ownersBinding(cluster: Cluster): KubernetesObject {
  const apiGroup = 'rbac.authorization.k8s.io';
  const name = owner(cluster) ?? '';
  return {
    apiVersion: `${apiGroup}/v1`,
    kind: 'RoleBinding',
    metadata: {
      name: 'namespaceAdmin',
      namespace: profileName(cluster),
      annotations: { user: name, role: 'admin', 'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false' },
    },
    roleRef: { apiGroup, kind: 'ClusterRole', name: 'kubeflow-admin' },
    subjects: [{ apiGroup, kind: 'User', name }],
  };
}

function owner(cluster: Cluster): string | undefined {
  return cluster.kubeflow.defaultProfile.owner ?? cluster.auth.users[0]?.email;
}

/** The configured name, or one derived from the owner's address in Kubeflow's style: kubeflow-user-example-com. */
export function profileName(cluster: Cluster): string {
  const { name } = cluster.kubeflow.defaultProfile;
  if (name !== undefined) return name;
  const email = owner(cluster) ?? '';
  const plain = `kubeflow-${email.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '')}`;
  if (plain.length <= longest) return plain;
  return `${plain.slice(0, longest - 9)}-${createHash('sha256').update(email).digest('hex').slice(0, 8)}`;
}
