import type { Cluster } from '../../config/cluster.ts';
import { kubeflowParts } from '../../config/schema/component-facts.ts';
import type { Component, KubernetesObject, NamespaceSpec } from '../component.ts';
import { kubeflowNamespace, kubeflowSource, kubeflowSystemNamespace, kubeflowVersion, runs } from './part.ts';
import { releases } from './releases.ts';

/** Kubeflow's own namespaces, with the network policies between its parts. */
export const namespace: Component = {
  name: 'kubeflow-namespace',
  summary: "Kubeflow's namespaces and their network policies",
  folder: 'apps/kubeflow/kubeflow-namespace',
  namespace: () => kubeflowNamespace,
  // The login works before anything that it protects.
  dependsOn: ['dex', 'oauth2-proxy'],
  enabled: (cluster) => kubeflowParts.some((part) => runs(cluster, part)),
  needsHost: true,
  sources: (cluster) => [
    kubeflowSource(cluster, {
      folder: 'kubeflow-namespace/namespaces',
    }),
  ],
  manifests: (cluster) =>
    releases[kubeflowVersion(cluster)].podDefaultsPolicyIn === 'kubeflow-namespace' ? [] : [podDefaultsPolicy()],
  namespaces: (cluster) => [meshed(cluster, kubeflowNamespace), meshed(cluster, kubeflowSystemNamespace)],
  alsoWritesTo: () => [kubeflowSystemNamespace],
  clusterKinds: () => [],
  serverSideApply: true,
  readyWithinSeconds: 300,
};

/**
 * Admits the API server to PodDefaults' webhook, as 26.03 does here. Later releases have this policy in kubeflow-notebooks: a change of the
 * release would delete it some waves before it comes again, without pods meanwhile, and a revert would stop at an object of two Applications.
 */
function podDefaultsPolicy(): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'poddefaults', namespace: kubeflowNamespace },
    spec: {
      podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['poddefaults'] }] },
      policyTypes: ['Ingress'],
      ingress: [{ ports: [{ port: 4443, protocol: 'TCP' }] }],
    },
  };
}

/** A namespace with upstream's labels. Without Istio's CNI plugin, the sidecar's init container needs more than "restricted" allows. */
function meshed(cluster: Cluster, name: string): NamespaceSpec {
  return {
    name,
    labels: {
      'control-plane': 'kubeflow',
      'istio-injection': 'enabled',
      ...(cluster.istio.cni.enabled ? { 'pod-security.kubernetes.io/enforce': 'restricted' } : {}),
    },
  };
}
