import type { KustomizePatch } from '../../config/cluster.ts';
import type { Component } from '../component.ts';
import { yamlText } from '../yaml-text.ts';
import type { DashboardLinks } from './links.ts';
import {
  commonClusterKinds,
  hostPatch,
  hostSetting,
  kubeflowNamespace,
  kubeflowSource,
  kubeflowVersion,
  mutatingWebhook,
  oldOnesLast,
} from './part.ts';
import { releases } from './releases.ts';

/** kubeflow-namespace has it, in every release. */
const withoutPolicy: KustomizePatch = {
  patch: yamlText({
    $patch: 'delete',
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'poddefaults' },
  }),
};

/** Notebooks: JupyterLab, VS Code and RStudio, one pod each. */
export const notebooks: Component = {
  name: 'kubeflow-notebooks',
  summary: 'JupyterLab, VS Code and RStudio in the browser',
  folder: 'apps/kubeflow/kubeflow-notebooks',
  namespace: () => kubeflowNamespace,
  dependsOn: ['kubeflow-profiles', 'kubeflow-namespace', 'cert-manager'],
  needsHost: true,
  sources: (cluster) => [
    kubeflowSource(cluster, {
      folder: 'kubeflow-notebooks/poddefaults',
      patches: releases[kubeflowVersion(cluster)].podDefaultsPolicyIn === 'kubeflow-notebooks' ? [withoutPolicy] : [],
      images: ['ghcr.io/kubeflow/dashboard/poddefaults-webhook', 'ghcr.io/kubeflow/kubeflow/poddefaults-webhook'],
    }),
    kubeflowSource(cluster, {
      folder: 'kubeflow-notebooks/notebook-controller',
      patches: [hostSetting(cluster, 'notebook-controller-config')],
      images: ['ghcr.io/kubeflow/notebooks/notebook-controller', 'ghcr.io/kubeflow/kubeflow/notebook-controller'],
    }),
    kubeflowSource(cluster, {
      folder: 'kubeflow-notebooks/jupyter-web-app',
      patches: [hostPatch(cluster)],
      images: ['ghcr.io/kubeflow/notebooks/jupyter-web-app', 'ghcr.io/kubeflow/kubeflow/jupyter-web-app'],
    }),
  ],
  clusterKinds: () => [...commonClusterKinds, mutatingWebhook],
  tenantWriters: { [`${kubeflowNamespace}:notebook-controller-service-account`]: ['networking.istio.io/*'] },
  serverSideApply: true,
  syncOptions: oldOnesLast,
  readyWithinSeconds: 900,
};

export const notebooksLinks: DashboardLinks = {
  menuLinks: [{ type: 'item', icon: 'book', link: '/jupyter/', text: 'Notebooks' }],
  quickLinks: [{ text: 'Create a new Notebook', desc: 'Kubeflow Notebooks', link: '/jupyter/new' }],
  documentationItems: [
    {
      text: 'Kubeflow Notebooks Documentation',
      desc: 'Documentation for Kubeflow Notebooks',
      link: 'https://www.kubeflow.org/docs/components/notebooks/',
    },
  ],
};
