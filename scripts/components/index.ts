import type { Cluster } from '../config/cluster.ts';
import { type ComponentName, componentNames } from '../config/schema/component-facts.ts';
import { addOnsBefore, appComponents } from './apps/app.ts';
import { argocd } from './argocd.ts';
import { certManager } from './cert-manager.ts';
import type { Component } from './component.ts';
import { dex } from './dex.ts';
import { gateway } from './gateway.ts';
import { certificateIssuer } from './issuer.ts';
import { istioBase } from './istio-base.ts';
import { istioCni } from './istio-cni.ts';
import { istiod } from './istiod.ts';
import { kubeflow } from './kubeflow/index.ts';
import { metallb } from './metallb.ts';
import { oauth2Proxy, oauth2ProxyApps } from './oauth2-proxy.ts';
import { tenants } from './tenants.ts';

const registry: Readonly<Record<ComponentName, Component>> = {
  argocd,
  metallb,
  'cert-manager': certManager,
  'istio-base': istioBase,
  'istio-cni': istioCni,
  istiod,
  gateway,
  issuer: certificateIssuer,
  dex,
  'oauth2-proxy': oauth2Proxy,
  'oauth2-proxy-apps': oauth2ProxyApps,
  ...kubeflow,
  tenants,
};

/** All built-in components, in the order of component-facts.ts. Waves are computed from `dependsOn`. */
export const components: readonly Component[] = componentNames.map((name) => registry[name]);

/** @returns every component that a cluster can have: the built-in ones, and the apps that run there */
export function allComponents(cluster: Cluster): readonly Component[] {
  const before = addOnsBefore(cluster);
  const own = components.map((component) =>
    before.length === 0 || component.name === 'argocd'
      ? component
      : { ...component, dependsOn: [...component.dependsOn, ...before] },
  );
  return [...own, ...appComponents(cluster)];
}
