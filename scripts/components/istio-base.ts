import type { Component } from './component.ts';
import { meshNamespace } from './domain.ts';
import { chartSource } from './upstream.ts';

/** Istio's CRDs and the default validator. */
export const istioBase: Component = {
  name: 'istio-base',
  summary: "the mesh's CRDs",
  folder: 'infrastructure/istio-base',
  namespace: () => meshNamespace,
  dependsOn: ['cert-manager'],
  sources: (cluster) => [chartSource(cluster, 'istio-base', 'istio-base')],
  // istiod changes Ignore to Fail, which would be permanent drift: https://github.com/istio/istio/issues/52785
  values: () => ({ base: { validationFailurePolicy: 'Fail' } }),
  namespaces: () => [{ name: meshNamespace, labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } }],
  clusterKinds: () => [
    'apiextensions.k8s.io/CustomResourceDefinition',
    'rbac.authorization.k8s.io/ClusterRole',
    'rbac.authorization.k8s.io/ClusterRoleBinding',
    'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  ],
  serverSideApply: true,
  // Argo CD's prune ignores the chart's keep annotation, and deleting a CRD deletes every object of its kind. The price: objects that a
  // newer chart drops stay, and the Application stays OutOfSync (no wave waits for that), until someone deletes them.
  syncOptions: ['Prune=false'],
  readyWithinSeconds: 120,
};
