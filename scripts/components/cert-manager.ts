import type { Component } from './component.ts';
import { mirrorImage } from './mirrors.ts';
import { chartSource } from './upstream.ts';

/** cert-manager: issues and renews certificates. */
export const certManager: Component = {
  name: 'cert-manager',
  summary: 'issues and renews certificates',
  folder: 'infrastructure/cert-manager',
  namespace: () => 'cert-manager',
  dependsOn: ['argocd', 'metallb'],
  wanted: () => true,
  sources: (cluster) => [chartSource(cluster, 'cert-manager', 'cert-manager')],
  values: (cluster) => {
    const image = mirrorImage(cluster, 'quay.io/jetstack');
    return {
      crds: { enabled: true, keep: true },
      // Keeps its lease out of kube-system, which the platform's project need not write to.
      // Its roles would be added to Kubernetes' "edit": anyone who has that in a namespace would get certificates for any name.
      global: { leaderElection: { namespace: 'cert-manager' }, rbac: { aggregateClusterRoles: false } },
      // A PostSync job on every sync; the wave already waits for the Deployments.
      startupapicheck: { enabled: false },
      ...(image === 'quay.io/jetstack'
        ? {}
        : { imageRegistry: image.split('/')[0], imageNamespace: image.split('/').slice(1).join('/') }),
    };
  },
  namespaces: () => [{ name: 'cert-manager', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } }],
  clusterKinds: () => [
    'apiextensions.k8s.io/CustomResourceDefinition',
    'rbac.authorization.k8s.io/ClusterRole',
    'rbac.authorization.k8s.io/ClusterRoleBinding',
    'admissionregistration.k8s.io/MutatingWebhookConfiguration',
    'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  ],
  // For Certificates that the platform puts there, and their challenges.
  tenantWriters: {
    'cert-manager:cert-manager': [
      'cert-manager.io/*',
      'acme.cert-manager.io/*',
      'networking.k8s.io/ingresses',
      '/services',
    ],
  },
  serverSideApply: true,
  // The chart's keep annotation does not hold on a prune, and with a CRD every object of its kind would go. The price: what a
  // newer chart drops stays, and the Application says OutOfSync (no wave waits for it), until a person deletes it.
  syncOptions: ['Prune=false'],
  readyWithinSeconds: 300,
};
