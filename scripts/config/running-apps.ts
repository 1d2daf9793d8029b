import type { App, SharedApp } from './cluster.ts';
import type { InputFinding } from './positions.ts';
import { type AppFile, argocdAppName, isAddOn } from './schema/app.ts';
import { type ClusterFile, trustHint } from './schema/cluster.ts';
import { isAddress } from './schema/common.ts';
import { componentNames } from './schema/component-facts.ts';
import { userCodeLabel } from './schema/host.ts';
import { pathsOverlap } from './schema/places.ts';
import { takenNamespaces } from './schema/reserved.ts';
import { closest } from './suggest.ts';

/**
 * Selects the apps of a cluster: those listed in its cluster.yaml, and those whose app.yaml lists the cluster.
 *
 * @param shared the apps of apps/, by name
 * @returns the apps with the cluster's settings applied, sorted by name
 */
export function runningApps(file: ClusterFile, shared: ReadonlyMap<string, SharedApp>): App[] {
  return selected(file, shared).filter((app) => !isAddOn(app));
}

/** @returns the apps without a page, selected in the same way */
export function runningAddOns(file: ClusterFile, shared: ReadonlyMap<string, SharedApp>): App[] {
  return selected(file, shared).filter(isAddOn);
}

function selected(file: ClusterFile, shared: ReadonlyMap<string, SharedApp>): App[] {
  const all = [...shared.values()];
  const runs = (app: SharedApp) => file.apps[app.name]?.enabled ?? app.file.clusters.includes(file.name);
  // An app that does not run here has no account here: a policy that lists it would admit anyone who creates one.
  const absent = new Set(all.filter((app) => !runs(app)).map((app) => app.file.namespace ?? app.name));
  return all
    .filter(runs)
    .map((app) => withSettings(app, file))
    .map((app) => ({ ...app, callers: app.callers.filter(({ namespace }) => !absent.has(namespace)) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function withSettings({ name, folder, file, manifests }: SharedApp, cluster: ClusterFile): App {
  const settings = isAddOn(file)
    ? { ...cluster.apps[name], path: undefined, host: undefined, access: undefined }
    : cluster.apps[name];
  const strip = 'path' in file.place && file.place.strip;
  const place =
    settings?.path !== undefined
      ? { path: settings.path, strip }
      : settings?.host !== undefined
        ? { host: settings.host }
        : file.place;
  const { version } = settings ?? {};
  const { source } = file;
  const application = (componentNames as readonly string[]).includes(name) ? `${name}-app` : name;
  return {
    ...file,
    name,
    folder,
    manifests,
    application,
    gate: 'installed' in source || isAddOn(file) ? application : `${application}-gate`,
    namespace: name === argocdAppName ? cluster.argocd.namespace : (file.namespace ?? name),
    place,
    access: settings?.access ?? file.access,
    source: version === undefined ? source : withVersion(source, version),
    readyWithin: settings?.readyWithin ?? file.readyWithin,
  };
}

/** Replaces the version and drops the commit, which belongs to the tag in app.yaml. */
function withVersion(source: App['source'], version: string): App['source'] {
  if (!('version' in source)) return source;
  if (!('commit' in source)) return { ...source, version };
  const { commit: _, ...rest } = source;
  return { ...rest, version };
}

/**
 * Finds invalid app settings of one cluster.
 *
 * @returns findings in its cluster.yaml
 */
export function appFindings(file: ClusterFile, shared: ReadonlyMap<string, SharedApp>): InputFinding[] {
  const apps = selected(file, shared);
  return [
    ...unknownApps(file, shared),
    ...apps.flatMap((app) => ownFindings(file, app, shared.get(app.name)?.file ?? app)),
    ...apps.flatMap((app, index) => apps.slice(0, index).flatMap((other) => clashes(app, other, { file, shared }))),
  ];
}

function unknownApps(file: ClusterFile, shared: ReadonlyMap<string, SharedApp>): InputFinding[] {
  return Object.keys(file.apps)
    .filter((name) => !shared.has(name))
    .map((name) => {
      const near = closest(name, [...shared.keys()]);
      const hint = near === undefined ? `Remove the line, or write apps/${name}/app.yaml.` : `Did you mean "${near}"?`;
      return { path: ['apps', name], at: 'key', message: `there is no apps/${name}/app.yaml`, hint };
    });
}

/** Finds invalid settings of one app, regardless of the others. */
function ownFindings(file: ClusterFile, app: App, shared: AppFile): InputFinding[] {
  const findings: InputFinding[] = [];
  const report = (key: string, message: string, hint?: string) =>
    findings.push({ path: ['apps', app.name, key], at: 'value', message, hint });
  const settings = file.apps[app.name];
  if (isAddOn(shared))
    for (const key of ['path', 'host', 'access'] as const)
      if (settings?.[key] !== undefined)
        report(
          key,
          `has no effect: ${app.name} has no page`,
          `Remove the line, or set place in ${app.folder}/app.yaml.`,
        );
  if ('host' in app.place && (file.host === 'auto' || isAddress(file.host)))
    report(
      'host',
      `${app.name} has its own host, which needs a DNS name as the cluster's host, not ${file.host === 'auto' ? 'auto' : 'an IP address'}`,
      app.token
        ? "Set host to a DNS name, or disable the app: it receives the user's token, so it needs a host of its own."
        : `Set host, or give it a path: apps: {${app.name}: {path: /${app.name}/}}`,
    );
  if ('host' in app.place && app.place.host === userCodeLabel && file.auth.userCodeHost)
    report(
      'host',
      `${app.name} has the host ${userCodeLabel}.<host>, where users' code is served (auth.userCodeHost)`,
      `Give it another host: apps: {${app.name}: {host: ${app.name === userCodeLabel ? 'NAME' : app.name}}}`,
    );
  if ('path' in app.place && app.token)
    report(
      'path',
      `${app.name} gets the user's token (token: true), so it needs its own host`,
      `Remove the line, or give it a host: apps: {${app.name}: {host: ${app.name}}}`,
    );
  if (settings?.version !== undefined && !('version' in app.source))
    report('version', 'has no effect: the app has no upstream', 'Remove the line.');
  if (
    app.name === argocdAppName &&
    file.tls.existingIssuer !== undefined &&
    file.tls.existingIssuer.trust === undefined
  )
    report('', 'Argo CD verifies the certificate of the login and needs tls.existingIssuer.trust', trustHint);
  if (applicationsOf(app).includes(file.argocd.root.name))
    report('', `${app.name} has an Application ${file.argocd.root.name}, which is the root's name (argocd.root.name)`);
  if ('installed' in app.source) return findings;
  const owner = namespaceOwner(file, app.namespace);
  if (owner !== undefined) report('', `${app.name}'s namespace "${app.namespace}" belongs to ${owner}`);
  for (const namespace of app.administrator ? [] : app.alsoWritesTo) {
    const other = namespaceOwner(file, namespace);
    if (other !== undefined)
      report('', `${app.name} also writes to the namespace "${namespace}" (alsoWritesTo), which belongs to ${other}`);
  }
  return findings;
}

/** The names of an app's Applications. */
function applicationsOf({ application, gate }: App): string[] {
  return [...new Set([application, gate])];
}

function namespaceOwner(file: ClusterFile, namespace: string): string | undefined {
  if (namespace === file.argocd.namespace) return 'Argo CD';
  if (namespace === file.kubeflow.defaultProfile.name) return 'kubeflow.defaultProfile';
  return takenNamespaces.includes(namespace) ? 'Kubernetes or the platform' : undefined;
}

/** Files that hold the settings of apps. */
interface Settings {
  file: ClusterFile;
  shared: ReadonlyMap<string, SharedApp>;
}

/** Finds conflicts between two apps. */
function clashes(app: App, other: App, settings: Settings): InputFinding[] {
  const found: InputFinding[] = [];
  if ('path' in app.place && 'path' in other.place && pathsOverlap(app.place.path, other.place.path))
    found.push(placeClash(app, other, 'path', settings));
  if ('host' in app.place && 'host' in other.place && app.place.host === other.place.host)
    found.push(placeClash(app, other, 'host', settings));
  for (const name of applicationsOf(app).filter((one) => applicationsOf(other).includes(one))) {
    const message = `${other.name} and ${app.name} both have an Application ${name}`;
    found.push({ path: ['apps', app.name], at: 'key', message, hint: `Rename the folder apps/${app.name}.` });
  }
  const own = (one: App) => !('installed' in one.source);
  if (own(app) && own(other) && app.namespace === other.namespace) {
    const message = `${other.name} and ${app.name} use the same namespace, ${app.namespace}`;
    found.push({ path: ['apps', app.name], at: 'key', message });
  }
  return found;
}

/** InputFinding for two apps at one address, with the position of both settings: in cluster.yaml or app.yaml. */
function placeClash(app: App, other: App, kind: 'path' | 'host', { file, shared }: Settings): InputFinding {
  const setHere = (one: App) => file.apps[one.name]?.[kind] !== undefined;
  const named = (one: App) => {
    const place = 'path' in one.place ? one.place.path : 'host' in one.place ? one.place.host : '';
    return `${one.name} (${place}${setHere(one) ? '' : `, ${shared.get(one.name)?.placedAt}`})`;
  };
  const message = `${named(other)} and ${named(app)} use the same ${kind}`;
  const [first, second] = [app, other].filter(setHere).map((one) => ['apps', one.name, kind]);
  if (first === undefined) return { path: ['apps', app.name], at: 'key', message };
  return { path: first, at: 'value', message, other: second };
}
