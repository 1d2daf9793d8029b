import type { App } from '../../config/cluster.ts';
import { durationSeconds } from '../../config/schema/common.ts';
import { type ComponentName, componentNames } from '../../config/schema/component-facts.ts';
import type { Component, KubernetesObject } from '../component.ts';
import { early, gatewayNamespace, gatewayPrincipal } from '../domain.ts';
import { appMarker } from '../identity.ts';
import { accessFilter, guardName } from './access.ts';
import { argocdManifests, argocdSecrets, isArgocd } from './argocd.ts';
import { appRoutes } from './routes.ts';

const afterLogin: readonly ComponentName[] = ['dex', 'oauth2-proxy'];

/** @returns the components that have to be there before the app */
export function waitsFor({ after }: App): readonly ComponentName[] {
  return after === 'login' ? afterLogin : componentNames.filter((name) => name !== 'tenants');
}

/**
 * An app's gate: its route, filter and policies. The program generates all of it, so the platform's project applies it, and the app's
 * project needs no access to the gateway's namespace. It exists before the app's pods do.
 */
export function appGate(app: App): Component {
  const installed = 'installed' in app.source;
  return {
    name: app.gate,
    summary: installed ? app.description : `the route to ${app.name}, and who may use it`,
    folder: app.folder,
    namespace: () => app.namespace,
    dependsOn: waitsFor(app),
    needsHost: true,
    sources: () => [],
    manifests: (cluster) => [
      accessFilter(cluster, app),
      ...(installed ? [] : [authorizationPolicy(app), networkPolicy(app)]),
      ...appRoutes(cluster, app),
      ...(isArgocd(app) ? argocdManifests(cluster) : []),
    ],
    secrets: (cluster) => (isArgocd(app) ? argocdSecrets(cluster) : []),
    alsoWritesTo: () => [gatewayNamespace],
    clusterKinds: () => [],
    takesOver: true,
    syncOptions: ['SkipDryRunOnMissingResource=true'],
    readyWithinSeconds: durationSeconds(app.readyWithin),
  };
}

/** Admits only requests that passed the gateway's filter, and the accounts that app.yaml names. */
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

/** The same as a NetworkPolicy, for clusters whose network plugin enforces it. */
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
