import type { Cluster } from '../config/cluster.ts';
import type { Component } from './component.ts';
import { mirrorImage } from './mirrors.ts';
import { proxyVariables } from './proxy.ts';
import { chartSource } from './upstream.ts';

/** cert-manager: issues and renews certificates. */
export const certManager: Component = {
  name: 'cert-manager',
  summary: 'issues and renews certificates',
  folder: 'infrastructure/cert-manager',
  namespace: () => 'cert-manager',
  dependsOn: ['argocd'],
  sources: (cluster) => [chartSource(cluster, 'cert-manager', 'cert-manager')],
  pullSecretsIn: 'global',
  values: (cluster) => {
    const proxy = proxyVariables(cluster);
    const image = mirrorImage(cluster, 'quay.io/jetstack');
    return {
      crds: { enabled: true, keep: true },
      // Keeps its lease out of kube-system, so that the platform's project need not write there.
      // Its roles would aggregate to Kubernetes' "edit": anyone with that role in a namespace could request certificates for any name.
      global: { leaderElection: { namespace: 'cert-manager' }, rbac: { aggregateClusterRoles: false } },
      // Would run a PostSync job on every sync; the wave already waits for the Deployments.
      startupapicheck: { enabled: false },
      ...approvedSigners(cluster),
      ...(proxy === undefined
        ? {}
        : { http_proxy: proxy.HTTP_PROXY, https_proxy: proxy.HTTPS_PROXY, no_proxy: proxy.NO_PROXY }),
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
  // For the platform's Certificates there, and their challenges.
  tenantWriters: {
    'cert-manager:cert-manager': [
      'cert-manager.io/*',
      'acme.cert-manager.io/*',
      'networking.k8s.io/ingresses',
      '/services',
    ],
  },
  serverSideApply: true,
  // Argo CD's prune ignores the chart's keep annotation, and deleting a CRD deletes every object of its kind. The price: objects that a
  // newer chart drops stay, and the Application stays OutOfSync (no wave waits for that), until someone deletes them.
  syncOptions: ['Prune=false'],
  readyWithinSeconds: 300,
};

/** cert-manager approves requests for its own issuers; one of another group is named here: https://cert-manager.io/docs/usage/certificaterequest/#approver-controller */
function approvedSigners({ tls: { existingIssuer } }: Cluster): Record<string, unknown> {
  if (existingIssuer === undefined || existingIssuer.group === 'cert-manager.io') return {};
  const { group, kind, name } = existingIssuer;
  const own = ['issuers.cert-manager.io/*', 'clusterissuers.cert-manager.io/*'];
  return { approveSignerNames: [...own, `${kind.toLowerCase()}s.${group}/${name}`] };
}
