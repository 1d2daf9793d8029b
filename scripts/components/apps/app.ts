import type { App, Cluster } from '../../config/cluster.ts';
import { isAddOn } from '../../config/schema/app.ts';
import { durationSeconds } from '../../config/schema/common.ts';
import type { ChartSource, Component, KustomizeSource } from '../component.ts';
import { mirrorImage, mirrorPods, splitImage, withRegistry } from '../mirrors.ts';
import { appGate, waitsFor } from './app-gate.ts';
import { appPlace } from './place.ts';

/** @returns the components of the apps that run on a cluster: each app's gate and, unless it is installed already, the app itself */
export function appComponents(cluster: Cluster): Component[] {
  return [
    ...cluster.addOns.map(addOn),
    ...cluster.runningApps.flatMap((app) => ('installed' in app.source ? [appGate(app)] : [appGate(app), itself(app)])),
  ];
}

/** @returns the add-ons that the rest of the platform waits for */
export function addOnsBefore(cluster: Cluster): string[] {
  return cluster.addOns.filter(({ after }) => after === 'start').map(({ application }) => application);
}

/** An app without a page: no gate, no sidecar, and no host that it has to wait for. */
function addOn(app: App): Component {
  const { needsHost: _, ...rest } = itself(app);
  return { ...rest, dependsOn: app.after === 'start' ? ['argocd'] : waitsFor(app) };
}

/**
 * Kinds that open a port on the gateway, route its requests, or serve a host mesh-wide, from any namespace
 * (https://istio.io/latest/docs/reference/config/networking/gateway/: the selector finds pods of all namespaces).
 */
const kindsPastTheGate = [
  ...['Gateway', 'VirtualService', 'EnvoyFilter', 'ServiceEntry'].map((kind) => `networking.istio.io/${kind}`),
  'gateway.networking.k8s.io/*',
  'gateway.networking.x-k8s.io/*',
  'networking.internal.knative.dev/*',
];

/** The app's source alone: its project is limited to its own namespaces. */
function itself(app: App): Component {
  return {
    name: app.application,
    summary: app.description,
    folder: app.folder,
    namespace: () => app.namespace,
    dependsOn: [app.gate],
    needsHost: true,
    sources: (cluster) => sources(cluster, app),
    values: (cluster) => filledIn(app.values, cluster, app) as Record<string, unknown>,
    manifests: (cluster) => app.manifests.map((object) => mirrorPods(cluster, object)),
    namespaces: (cluster) => [namespace(cluster, app)],
    ownProject: {
      name: `app-${app.name}`,
      administrator: app.administrator,
      deniedKinds: app.administrator ? [] : kindsPastTheGate,
    },
    alsoWritesTo: () => app.alsoWritesTo,
    clusterKinds: () => app.clusterKinds,
    serverSideApply: app.serverSideApply,
    syncOptions: app.syncOptions,
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
      images: source.images,
      patches: cluster.shared.patches.get(app.folder) ?? [],
      ...(set === undefined ? {} : { namespace: set }),
    },
  ];
}

/**
 * @returns the values with {url}, {host} and {path} replaced by the app's address on this cluster, and {image NAME}, {registry NAME} and
 *   {repository NAME} by the image's address, whole or in part
 */
function filledIn(value: unknown, cluster: Cluster, app: App): unknown {
  if (typeof value === 'string') {
    const known: Readonly<Record<string, string>> = isAddOn(app) ? {} : addressOf(cluster, app);
    return value
      .replaceAll(/\{(url|host|path)\}/g, (_, name: string) => known[name] ?? '')
      .replaceAll(
        /\{(image|registry|repository) ([^{}\s]+)\}/g,
        (_, part: 'image' | 'registry' | 'repository', name) => {
          const image = mirrorImage(cluster, withRegistry(name));
          return { image, ...splitImage(image) }[part];
        },
      );
  }
  if (Array.isArray(value)) return value.map((item) => filledIn(item, cluster, app));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filledIn(item, cluster, app)]));
}

function addressOf(cluster: Cluster, app: App) {
  const { url, host, path } = appPlace(cluster, app);
  return { url, host, path: path.replace(/\/$/, '') };
}

/** Without Istio's CNI plugin, the sidecar's init container needs more than "restricted" allows. */
function namespace(cluster: Cluster, app: App) {
  return {
    name: app.namespace,
    labels: {
      ...(isAddOn(app) ? {} : { 'istio-injection': 'enabled' }),
      ...(cluster.istio.cni.enabled ? { 'pod-security.kubernetes.io/enforce': app.podSecurity } : {}),
    },
  };
}
