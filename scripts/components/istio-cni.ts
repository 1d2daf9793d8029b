import { istioPlatform } from '../config/schema/kubernetes.ts';
import type { Component } from './component.ts';
import { mirrorImage } from './mirrors.ts';
import { chartSource } from './upstream.ts';

const namespace = 'istio-cni';

/**
 * Istio's CNI plugin: redirects traffic of pods with sidecars. Without it, an init container needs NET_ADMIN, which the Pod
 * Security levels baseline and restricted refuse.
 */
export const istioCni: Component = {
  name: 'istio-cni',
  summary: 'lets pods with sidecars run where Pod Security is enforced',
  folder: 'infrastructure/istio-cni',
  namespace: () => namespace,
  dependsOn: ['istio-base'],
  sources: (cluster) => [chartSource(cluster, 'istio-cni', 'istio-cni')],
  pullSecretsIn: 'global names',
  values: (cluster) => {
    const hub = mirrorImage(cluster, 'docker.io/istio');
    const { binDir, confDir } = cluster.istio.cni;
    const platform = istioPlatform(cluster.kubernetes);
    const global = {
      ...(platform === undefined ? {} : { platform }),
      ...(hub === 'docker.io/istio' ? {} : { hub }),
    };
    return {
      // Unsaid, the chart chooses by platform.
      ...(binDir === undefined ? {} : { cniBinDir: binDir }),
      ...(confDir === undefined ? {} : { cniConfDir: confDir }),
      ...(Object.keys(global).length === 0 ? {} : { global }),
    };
  },
  // On OpenShift the chart puts the plugin's NetworkAttachmentDefinition there, for every namespace.
  alsoWritesTo: ({ kubernetes }) => (kubernetes.distribution === 'openshift' ? ['default'] : []),
  // It writes to the nodes' folders.
  namespaces: () => [{ name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } }],
  clusterKinds: () => ['rbac.authorization.k8s.io/ClusterRole', 'rbac.authorization.k8s.io/ClusterRoleBinding'],
  readyWithinSeconds: 300,
};
