import type { App, Cluster, KustomizePatch } from '../../config/cluster.ts';
import { type KubeflowPart, kubeflowParts } from '../../config/schema/component-facts.ts';
import type { KubeflowVersion } from '../../config/schema/component-settings.ts';
import { appPlace } from '../apps/place.ts';
import type { Component } from '../component.ts';
import { signOutPath } from '../login-proxy.ts';
import { katibLinks } from './katib.ts';
import type { DashboardLinks, MenuLink } from './links.ts';
import { notebooksLinks } from './notebooks.ts';
import { hostPatch, jsonPatch, kubeflowNamespace, kubeflowSource, kubeflowVersion, oldOnesLast, runs } from './part.ts';
import { pipelinesLinks } from './pipelines.ts';
import { servingLinks } from './serving.ts';
import { tensorboardsLinks } from './tensorboards.ts';
import { trainerLinks } from './trainer.ts';
import { volumesLinks } from './volumes.ts';

/** The central dashboard: the start page after the login, with links to all parts. */
export const dashboard: Component = {
  name: 'kubeflow-dashboard',
  summary: 'the start page, with a menu of all parts',
  folder: 'apps/kubeflow/kubeflow-dashboard',
  namespace: () => kubeflowNamespace,
  dependsOn: ['kubeflow-profiles', 'kubeflow-namespace'],
  needsHost: true,
  sources: (cluster) => [
    kubeflowSource(cluster, {
      folder: 'kubeflow-dashboard/dashboard',
      patches: [hostPatch(cluster), signOut(cluster), menu(cluster)],
      images: ['ghcr.io/kubeflow/dashboard/dashboard', 'ghcr.io/kubeflow/kubeflow/central-dashboard'],
    }),
  ],
  clusterKinds: () => ['rbac.authorization.k8s.io/ClusterRole', 'rbac.authorization.k8s.io/ClusterRoleBinding'],
  serverSideApply: true,
  syncOptions: oldOnesLast,
  readyWithinSeconds: 600,
};

/** Names of the dashboard's objects, and the index of its variable LOGOUT_URL. */
const names: Readonly<Record<KubeflowVersion, { deployment: string; config: string; logoutVariable: number }>> = {
  '26.03': { deployment: 'centraldashboard', config: 'centraldashboard-config', logoutVariable: 0 },
  '26.03.1': { deployment: 'dashboard', config: 'dashboard-config', logoutVariable: 2 },
};

/** Signing out ends the session at OAuth2 Proxy and shows a page that needs no login; upstream's link starts a new login at once. */
function signOut(cluster: Cluster): KustomizePatch {
  const { deployment, logoutVariable } = names[kubeflowVersion(cluster)];
  const variable = `/spec/template/spec/containers/0/env/${logoutVariable}`;
  return jsonPatch({ group: 'apps', kind: 'Deployment', name: deployment }, [
    { op: 'test', path: variable, value: { name: 'LOGOUT_URL', value: '/oauth2/sign_out' } },
    { op: 'replace', path: `${variable}/value`, value: signOutPath(cluster) },
  ]);
}

const linksOfParts: Readonly<Partial<Record<KubeflowPart, DashboardLinks>>> = {
  notebooks: notebooksLinks,
  volumes: volumesLinks,
  tensorboards: tensorboardsLinks,
  pipelines: pipelinesLinks,
  katib: katibLinks,
  trainer: trainerLinks,
  serving: servingLinks,
};

/** Opens an app in a new tab, because many refuse to be framed. */
function appLink(cluster: Cluster, app: App): MenuLink[] {
  if (app.dashboard === undefined) return [];
  const { url } = appPlace(cluster, app);
  return [{ type: 'item', iframe: false, link: `${url}/`, text: app.dashboard.text, icon: app.dashboard.icon }];
}

/** The menu, with links of enabled parts only: upstream's lists every part, and dead links lead back to the dashboard. */
function menu(cluster: Cluster): KustomizePatch {
  const links = kubeflowParts.filter((part) => runs(cluster, part)).flatMap((part) => linksOfParts[part] ?? []);
  const text = JSON.stringify(
    {
      menuLinks: links.flatMap(({ menuLinks = [] }) => menuLinks),
      externalLinks: cluster.runningApps.flatMap((app) => appLink(cluster, app)),
      documentationItems: links.flatMap(({ documentationItems = [] }) => documentationItems),
      quickLinks: links.flatMap(({ quickLinks = [] }) => quickLinks),
    },
    null,
    2,
  );
  return jsonPatch({ kind: 'ConfigMap', name: names[kubeflowVersion(cluster)].config }, [
    { op: 'replace', path: '/data/links', value: text },
  ]);
}
