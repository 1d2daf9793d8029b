import type { Cluster, KustomizePatch } from '../../config/cluster.ts';
import type { Component, KubernetesObject } from '../component.ts';
import { gatewayNamespace } from '../domain.ts';
import { chartSource } from '../upstream.ts';
import { userCodeRoute } from '../user-code.ts';
import type { DashboardLinks } from './links.ts';
import {
  commonClusterKinds,
  hostPatch,
  jsonPatch,
  knativeNamespace,
  kubeflowNamespace,
  kubeflowSource,
  localGatewayNamespace as localGateway,
  mutatingWebhook,
  oldOnesLast,
  validatingWebhook,
} from './part.ts';

/**
 * Model servers: KServe on Knative Serving. Requests from inside the cluster use a separate gateway, because the public
 * gateway requires a login, and because Knative's own namespace requires mutual TLS of each caller.
 */
export const serving: Component = {
  name: 'kubeflow-serving',
  summary: 'model servers: KServe on Knative',
  folder: 'apps/kubeflow/kubeflow-serving',
  // The chart uses the Application's namespace; all other objects set their own.
  namespace: () => localGateway,
  dependsOn: ['kubeflow-profiles', 'kubeflow-namespace', 'cert-manager'],
  needsHost: true,
  pullSecretsIn: 'imagePullSecrets',
  sources: (cluster) => [
    // Istio's chart at our gateway's version: upstream's copy pins a proxy with known vulnerabilities.
    chartSource(cluster, 'gateway', localGateway),
    kubeflowSource(cluster, {
      folder: 'kubeflow-serving/knative-serving',
      patches: [knativeDomain(cluster)],
      images: [
        'gcr.io/knative-releases/knative.dev/net-istio/cmd/controller',
        'gcr.io/knative-releases/knative.dev/net-istio/cmd/webhook',
        'gcr.io/knative-releases/knative.dev/serving/cmd/activator',
        'gcr.io/knative-releases/knative.dev/serving/cmd/autoscaler',
        'gcr.io/knative-releases/knative.dev/serving/cmd/controller',
        'gcr.io/knative-releases/knative.dev/serving/cmd/webhook',
      ],
    }),
    kubeflowSource(cluster, {
      folder: 'kubeflow-serving/kserve',
      patches: [kserveIngress(cluster)],
      images: [
        'kserve/kserve-controller',
        'kserve/kserve-localmodel-controller',
        'kserve/llmisvc-controller',
        'quay.io/brancz/kube-rbac-proxy',
      ],
    }),
    kubeflowSource(cluster, {
      folder: 'kubeflow-serving/models-web-app',
      patches: [hostPatch(cluster)],
      images: ['ghcr.io/kserve/models-web-app'],
    }),
  ],
  manifests: () => [localCallers()],
  namespaces: (cluster) => [
    {
      name: knativeNamespace,
      labels: {
        'app.kubernetes.io/name': 'knative-serving',
        'istio-injection': 'enabled',
        ...(cluster.istio.cni.enabled ? { 'pod-security.kubernetes.io/enforce': 'restricted' } : {}),
      },
    },
    { name: localGateway, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  ],
  alsoWritesTo: () => [knativeNamespace, kubeflowNamespace],
  clusterKinds: () => [
    ...commonClusterKinds,
    mutatingWebhook,
    validatingWebhook,
    'serving.kserve.io/ClusterServingRuntime',
    'serving.kserve.io/ClusterStorageContainer',
  ],
  tenantWriters: {
    [`${kubeflowNamespace}:kserve-controller-manager`]: [
      'networking.istio.io/*',
      'networking.k8s.io/ingresses',
      '/services',
    ],
    [`${knativeNamespace}:controller`]: [
      'networking.istio.io/*',
      'networking.internal.knative.dev/*',
      'autoscaling.internal.knative.dev/*',
      'caching.internal.knative.dev/*',
      '/endpoints',
      'discovery.k8s.io/endpointslices',
      '/services',
    ],
  },
  serverSideApply: true,
  syncOptions: oldOnesLast,
  readyWithinSeconds: 1500,
};

export const servingLinks: DashboardLinks = {
  menuLinks: [{ type: 'item', icon: 'kubeflow:models', link: '/kserve-endpoints/', text: 'KServe Endpoints' }],
};

/** Sets the domain of Knative's routes; the ConfigMap's keys are the domains. */
function knativeDomain(cluster: Cluster): KustomizePatch {
  return jsonPatch({ kind: 'ConfigMap', name: 'config-domain' }, [
    { op: 'test', path: '/data/example.com', value: '' },
    { op: 'remove', path: '/data/example.com' },
    { op: 'add', path: `/data/${userCodeRoute(cluster).host}`, value: '' },
  ]);
}

/** The ingress setting as JSON, with keys in upstream's order, because the patch's test compares the whole text. */
function ingressSetting(gateway: string, localService: string, domain: string, urlScheme: string): string {
  const setting = {
    enableGatewayApi: false,
    kserveIngressGateway: 'kserve/kserve-ingress-gateway',
    ingressGateway: gateway,
    localGateway: 'knative-serving/knative-local-gateway',
    localGatewayService: localService,
    ingressDomain: domain,
    ingressClassName: 'istio',
    domainTemplate: '{{ .Name }}-{{ .Namespace }}.{{ .IngressDomain }}',
    urlScheme,
    disableIstioVirtualHost: false,
    disableIngressCreation: false,
    pathTemplate: '/serving/{{ .Namespace }}/{{ .Name }}',
  };
  return JSON.stringify(setting, null, 2);
}

/** Sets KServe's gateways and domain, which are one JSON string in a ConfigMap. */
function kserveIngress(cluster: Cluster): KustomizePatch {
  const old = ingressSetting(
    'kubeflow/kubeflow-gateway',
    'knative-local-gateway.istio-system.svc.cluster.local',
    'example.com',
    'http',
  );
  const ours = ingressSetting(
    userCodeRoute(cluster).gateway,
    `knative-local-gateway.${localGateway}.svc.cluster.local`,
    userCodeRoute(cluster).host,
    'https',
  );
  return jsonPatch({ kind: 'ConfigMap', name: 'inferenceservice-config' }, [
    { op: 'test', path: '/data/ingress', value: old },
    { op: 'replace', path: '/data/ingress', value: ours },
  ]);
}

/** Admits callers of the local gateway: user namespaces, Kubeflow's own, and our gateway, which forwards requests for models. */
function localCallers(): KubernetesObject {
  const named = [gatewayNamespace, kubeflowNamespace, knativeNamespace];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: localGateway, namespace: localGateway },
    spec: {
      podSelector: {},
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [
            { namespaceSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'kubeflow-profile' } } },
            {
              namespaceSelector: {
                matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: named }],
              },
            },
          ],
          ports: [{ port: 8081, protocol: 'TCP' }],
        },
      ],
    },
  };
}
