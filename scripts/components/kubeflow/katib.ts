import type { Component } from '../component.ts';
import type { DashboardLinks } from './links.ts';
import {
  commonClusterKinds,
  hostPatch,
  kubeflowNamespace,
  kubeflowSource,
  mutatingWebhook,
  storagePatches,
  validatingWebhook,
} from './part.ts';

/** Katib: hyperparameter tuning. */
export const katib: Component = {
  name: 'kubeflow-katib',
  summary: 'hyperparameter tuning',
  folder: 'apps/kubeflow/kubeflow-katib',
  namespace: () => kubeflowNamespace,
  dependsOn: ['kubeflow-profiles', 'kubeflow-namespace', 'cert-manager'],
  needsHost: true,
  sources: (cluster) => [
    kubeflowSource(cluster, {
      folder: 'kubeflow-katib/katib',
      patches: [hostPatch(cluster), ...storagePatches(cluster)],
      images: [
        'ghcr.io/kubeflow/katib/katib-controller',
        'ghcr.io/kubeflow/katib/katib-db-manager',
        'ghcr.io/kubeflow/katib/katib-ui',
        'mysql',
      ],
    }),
  ],
  // Upstream ships the password "test" and a database that accepts connections without one.
  secrets: () => [
    {
      name: 'katib-mysql-secrets',
      namespace: kubeflowNamespace,
      purpose: "password of Katib's database, fixed at its first start",
      keys: { MYSQL_ROOT_PASSWORD: { kind: 'random', bytes: 24, encoding: 'hex' } },
      usedBy: [`${kubeflowNamespace}/katib-mysql`, `${kubeflowNamespace}/katib-db-manager`],
      keptOnClaim: 'katib-mysql',
    },
  ],
  clusterKinds: () => [...commonClusterKinds, mutatingWebhook, validatingWebhook],
  serverSideApply: true,
  readyWithinSeconds: 1200,
};

export const katibLinks: DashboardLinks = {
  menuLinks: [{ type: 'item', icon: 'kubeflow:katib', link: '/katib/', text: 'Katib Experiments' }],
  documentationItems: [
    {
      text: 'Katib Documentation',
      desc: 'Documentation for Katib',
      link: 'https://www.kubeflow.org/docs/components/katib/',
    },
  ],
};
