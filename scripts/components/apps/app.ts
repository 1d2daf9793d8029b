import type { App, Cluster } from '../../config/cluster.ts';
import { durationSeconds } from '../../config/schema/common.ts';
import { type ComponentName, componentNames } from '../../config/schema/component-facts.ts';
import type { ChartSource, Component, KubernetesObject, KustomizeSource } from '../component.ts';
import { early, gatewayNamespace, gatewayPrincipal } from '../domain.ts';
import { appMarker } from '../identity.ts';
import { accessFilter, guardName } from './access.ts';
import { argocdManifests, isArgocd } from './argocd.ts';
import { appPlace } from './place.ts';
import { appRoutes } from './routes.ts';

/** @returns the apps of a cluster, as components */
export function appComponents(cluster: Cluster): Component[] {
  return cluster.runningApps.map(appComponent);
}

const afterLogin: readonly ComponentName[] = ['dex', 'oauth2-proxy'];

function appComponent(app: App): Component {
  const installed = 'installed' in app.source;
  return {
    name: app.application,
    summary: app.description,
    folder: app.folder,
    namespace: () => app.namespace,
    dependsOn: app.after === 'login' ? afterLogin : componentNames.filter((name) => name !== 'tenants'),
    wanted: () => true,
    needsHost: true,
    sources: (cluster) => sources(cluster, app),
    values: (cluster) => filledIn(app.values, cluster, app) as Record<string, unknown>,
    manifests: (cluster) => [
      accessFilter(cluster, app),
      ...(installed ? [] : [authorizationPolicy(app), networkPolicy(app)]),
      ...appRoutes(cluster, app),
      ...(isArgocd(app) ? argocdManifests(cluster) : []),
      ...app.manifests,
    ],
    ...(installed ? {} : { namespaces: (cluster) => [namespace(cluster, app)] }),
    ownProject: { name: `app-${app.name}`, administrator: app.administrator },
    alsoWritesTo: () => [gatewayNamespace, ...app.alsoWritesTo],
    clusterKinds: () => app.clusterKinds,
    serverSideApply: app.serverSideApply,
    // Nothing but custom resources, as a rule.
    syncOptions: [...(installed ? ['SkipDryRunOnMissingResource=true'] : []), ...app.syncOptions],
    readyWithinSeconds: durationSeconds(app.readyWithin),
  };
}

function sources(cluster: Cluster, app: App): (ChartSource | KustomizeSource)[] {
  const { source } = app;
  if ('chart' in source) {
    const { chart, repository, version, release = app.name } = source;
    return [{ kind: 'chart', chart, repository, version, release }];
  }
  if (!('path' in source)) return [];
  const set = cluster.shared.namespaces.get(app.folder);
  return [
    {
      kind: 'kustomize',
      repository: source.repository,
      path: source.path,
      version: source.version,
      ...(source.commit === undefined ? {} : { commit: source.commit }),
      patches: cluster.shared.patches.get(app.folder) ?? [],
      ...(set === undefined ? {} : { namespace: set }),
    },
  ];
}

/** @returns the values with {url}, {host} and {path} replaced by the app's address on this cluster */
function filledIn(value: unknown, cluster: Cluster, app: App): unknown {
  if (typeof value === 'string') {
    const { url, host, path } = appPlace(cluster, app);
    const known: Readonly<Record<string, string>> = { url, host, path: path.replace(/\/$/, '') };
    return value.replaceAll(/\{(url|host|path)\}/g, (_, name: string) => known[name] ?? '');
  }
  if (Array.isArray(value)) return value.map((item) => filledIn(item, cluster, app));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filledIn(item, cluster, app)]));
}

/** Without Istio's CNI plugin, the sidecar's init container needs more than "restricted" allows. */
function namespace(cluster: Cluster, app: App) {
  return {
    name: app.namespace,
    labels: {
      'istio-injection': 'enabled',
      ...(cluster.istio.cni.enabled ? { 'pod-security.kubernetes.io/enforce': app.podSecurity } : {}),
    },
  };
}

/** Admits the gateway, for requests that its filter marked, and the accounts listed in app.yaml. */
function authorizationPolicy(app: App): KubernetesObject {
  const callers = app.callers.map(
    ({ namespace: from, serviceAccount }) => `cluster.local/ns/${from}/sa/${serviceAccount}`,
  );
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: guardName(app), namespace: app.namespace, annotations: early },
    spec: {
      ...(app.service.pods === undefined ? {} : { selector: { matchLabels: app.service.pods } }),
      action: 'ALLOW',
      rules: [
        {
          from: [{ source: { principals: [gatewayPrincipal] } }],
          when: [{ key: `request.headers[${appMarker}]`, values: [app.name] }],
        },
        ...(callers.length === 0 ? [] : [{ from: [{ source: { principals: callers } }] }]),
      ],
    },
  };
}

/** The same rules as a NetworkPolicy, for clusters whose network plugin enforces them. */
function networkPolicy(app: App): KubernetesObject {
  const namespaces = [...new Set([gatewayNamespace, ...app.callers.map(({ namespace: from }) => from)])];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: guardName(app), namespace: app.namespace, annotations: early },
    spec: {
      podSelector: {},
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [
            { podSelector: {} },
            ...namespaces.map((name) => ({
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
            })),
          ],
        },
      ],
    },
  };
}
