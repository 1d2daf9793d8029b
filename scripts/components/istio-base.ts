import type { Component } from './component.ts';
import { meshNamespace } from './domain.ts';
import { chartSource } from './upstream.ts';

/** Istio's CRDs and the default validator. */
export const istioBase: Component = {
  name: 'istio-base',
  summary: "the mesh's kinds",
  folder: 'infrastructure/istio-base',
  namespace: () => meshNamespace,
  dependsOn: ['cert-manager'],
  wanted: () => true,
  sources: (cluster) => [chartSource(cluster, 'istio-base', 'istio-base')],
  // istiod turns Ignore into Fail by itself, which would be drift for ever: https://github.com/istio/istio/issues/52785
  values: () => ({ base: { validationFailurePolicy: 'Fail' } }),
  namespaces: () => [{ name: meshNamespace, labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } }],
  clusterKinds: () => [
    'apiextensions.k8s.io/CustomResourceDefinition',
    'rbac.authorization.k8s.io/ClusterRole',
    'rbac.authorization.k8s.io/ClusterRoleBinding',
    'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  ],
  serverSideApply: true,
  // The chart's keep annotation does not hold on a prune, and with a CRD every object of its kind would go. The price: what a
  // newer chart drops stays, and the Application says OutOfSync (no wave waits for it), until a person deletes it.
  syncOptions: ['Prune=false'],
  readyWithinSeconds: 120,
};
