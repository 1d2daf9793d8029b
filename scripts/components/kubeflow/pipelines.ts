import type { Cluster } from '../../config/cluster.ts';
import { apiPorts, nameServers } from '../../config/schema/kubernetes.ts';
import type { Component, KubernetesObject, KustomizeSource, SecretSpec } from '../component.ts';
import { gatewayPrincipal, meshNamespace } from '../domain.ts';
import { mirrorImage } from '../mirrors.ts';
import type { DashboardLinks } from './links.ts';
import {
  commonClusterKinds,
  hostPatch,
  jsonPatch,
  kubeflowNamespace,
  kubeflowSource,
  kubeflowUpstream,
  mutatingWebhook,
  storagePatches,
} from './part.ts';

/** Pipelines: workflows of containers, with their artifacts, metadata and schedules. */
export const pipelines: Component = {
  name: 'kubeflow-pipelines',
  summary: 'workflows of containers, with artifacts, metadata and schedules',
  folder: 'apps/kubeflow/kubeflow-pipelines',
  namespace: () => kubeflowNamespace,
  dependsOn: ['kubeflow-profiles', 'kubeflow-namespace', 'cert-manager'],
  needsHost: true,
  sources: (cluster) => [...workflowSources(cluster), ...storeSources(cluster), ...pipelineSources(cluster)],
  manifests: (cluster) => [...plainCallers(), metadataPolicy(), pageEgress(cluster)],
  secrets: () => secrets(),
  clusterKinds: () => [
    ...commonClusterKinds,
    mutatingWebhook,
    'metacontroller.k8s.io/DecoratorController',
    'scheduling.k8s.io/PriorityClass',
  ],
  serverSideApply: true,
  readyWithinSeconds: 1800,
};

export const pipelinesLinks: DashboardLinks = {
  menuLinks: [
    {
      type: 'section',
      icon: 'kubeflow:pipeline-centered',
      text: 'Pipelines',
      items: [
        { type: 'item', link: '/pipeline/#/pipelines', text: 'Pipelines' },
        { type: 'item', link: '/pipeline/#/experiments', text: 'Experiments' },
        { type: 'item', link: '/pipeline/#/runs', text: 'Runs' },
        { type: 'item', link: '/pipeline/#/recurringruns', text: 'Recurring Runs' },
        { type: 'item', link: '/pipeline/#/artifacts', text: 'Artifacts' },
        { type: 'item', link: '/pipeline/#/executions', text: 'Executions' },
      ],
    },
  ],
  quickLinks: [
    { text: 'Upload a Pipeline', desc: 'Kubeflow Pipelines', link: '/pipeline/#/pipelines' },
    { text: 'View Pipeline Runs', desc: 'Pipelines', link: '/pipeline/#/runs' },
  ],
  documentationItems: [
    {
      text: 'Kubeflow Pipelines Documentation',
      desc: 'Documentation for Kubeflow Pipelines',
      link: 'https://www.kubeflow.org/docs/components/pipelines/',
    },
  ],
};

/** Argo Workflows, from its own repository: Kubeflow's copy fetches it over the network while it builds. */
function workflowSources(cluster: Cluster): KustomizeSource[] {
  const from = 'kubeflow-pipelines/argo-workflows';
  const { version } = kubeflowUpstream(cluster, from);
  const executor = `${mirrorImage(cluster, 'quay.io/argoproj/argoexec')}:${version}`;
  return [
    kubeflowSource(cluster, {
      folder: 'kubeflow-pipelines/workflow-crds',
      path: 'manifests/base/crds/minimal',
      from,
    }),
    kubeflowSource(cluster, {
      folder: 'kubeflow-pipelines/workflow-rbac',
      path: 'manifests/cluster-install-no-crds/workflow-controller-rbac',
      from,
    }),
    kubeflowSource(cluster, {
      folder: 'kubeflow-pipelines/workflow-controller',
      path: 'manifests/base/workflow-controller',
      from,
      // Its repository tags the image as "latest"; the helper in each step must have the same version.
      imageOverrides: [`quay.io/argoproj/workflow-controller:${version}`],
      patches: [
        jsonPatch({ group: 'apps', kind: 'Deployment', name: 'workflow-controller' }, [
          {
            op: 'test',
            path: '/spec/template/spec/containers/0/args/0',
            value: '--configmap=workflow-controller-configmap',
          },
          { op: 'add', path: '/spec/template/spec/containers/0/args/-', value: `--executor-image=${executor}` },
        ]),
      ],
    }),
  ];
}

/** Storage of the pipelines: database and object store. */
function storeSources(cluster: Cluster): KustomizeSource[] {
  return [
    kubeflowSource(cluster, {
      folder: 'kubeflow-pipelines/metacontroller',
      images: ['ghcr.io/metacontroller/metacontroller'],
    }),
    kubeflowSource(cluster, {
      folder: 'kubeflow-pipelines/mysql',
      patches: storagePatches(cluster),
      images: ['mysql'],
    }),
    kubeflowSource(cluster, {
      folder: 'kubeflow-pipelines/mysql-policy',
    }),
    kubeflowSource(cluster, {
      folder: 'kubeflow-pipelines/seaweedfs',
      patches: storagePatches(cluster),
      images: ['chrislusf/seaweedfs'],
    }),
  ];
}

function pipelineSources(cluster: Cluster): KustomizeSource[] {
  return [
    kubeflowSource(cluster, {
      folder: 'kubeflow-pipelines/metadata',
      images: ['gcr.io/tfx-oss-public/ml_metadata_store_server', 'ghcr.io/kubeflow/kfp-metadata-envoy'],
    }),
    kubeflowSource(cluster, {
      folder: 'kubeflow-pipelines/metadata-routes',
      patches: [hostPatch(cluster)],
    }),
    kubeflowSource(cluster, {
      folder: 'kubeflow-pipelines/cache-certificate',
    }),
    kubeflowSource(cluster, {
      folder: 'kubeflow-pipelines/core',
      patches: [hostPatch(cluster)],
      images: [
        'docker.io/alpine/k8s',
        'ghcr.io/kubeflow/kfp-api-server',
        'ghcr.io/kubeflow/kfp-cache-server',
        'ghcr.io/kubeflow/kfp-frontend',
        'ghcr.io/kubeflow/kfp-metadata-writer',
        'ghcr.io/kubeflow/kfp-persistence-agent',
        'ghcr.io/kubeflow/kfp-scheduled-workflow-controller',
        'ghcr.io/kubeflow/kfp-viewer-crd-controller',
        'ghcr.io/kubeflow/kfp-visualization-server',
      ],
    }),
  ];
}

/** Secrets that replace upstream's published default passwords. */
function secrets(): SecretSpec[] {
  const deployments = (...names: string[]) => names.map((name) => `${kubeflowNamespace}/${name}`);
  return [
    {
      name: 'mysql-secret',
      namespace: kubeflowNamespace,
      purpose: "password of the pipelines' database, fixed at its first start",
      keys: {
        username: { kind: 'constant', value: 'root' },
        password: { kind: 'random', bytes: 24, encoding: 'hex' },
      },
      usedBy: deployments('mysql', 'ml-pipeline', 'cache-server', 'metadata-grpc-deployment'),
      keptOnClaim: 'mysql-pv-claim',
    },
    {
      name: 'mlpipeline-minio-artifact',
      namespace: kubeflowNamespace,
      purpose: "key of the pipelines' object store, read at each start",
      keys: {
        // Constant, so that a new key replaces the old one.
        accesskey: { kind: 'constant', value: 'pipelines' },
        secretkey: { kind: 'random', bytes: 24, encoding: 'hex' },
      },
      usedBy: deployments('seaweedfs', 'ml-pipeline', 'ml-pipeline-ui', 'kubeflow-pipelines-profile-controller'),
    },
  ];
}

/**
 * Exceptions from mutual TLS for callers without a sidecar: pipeline steps and the API server's webhook calls.
 * The namespace's network policies limit who may call these ports.
 */
function plainCallers(): KubernetesObject[] {
  return [
    plainPorts('cache-server', { app: 'cache-server' }, [8443]),
    plainPorts('metadata-grpc-server', { component: 'metadata-grpc-server' }, [8080]),
    plainPorts('ml-pipeline', { app: 'ml-pipeline' }, [8887, 8888]),
    plainPorts('seaweedfs', { app: 'seaweedfs' }, [8111, 8333]),
  ];
}

/**
 * Admits only the gateway and the pipelines page to the metadata of all profiles. Upstream relies on network policies alone, which not every
 * cluster enforces.
 */
function metadataPolicy(): KubernetesObject {
  const principals = [gatewayPrincipal, `cluster.local/ns/${kubeflowNamespace}/sa/ml-pipeline-ui`];
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'metadata-envoy', namespace: kubeflowNamespace },
    spec: {
      action: 'ALLOW',
      selector: { matchLabels: { component: 'metadata-envoy' } },
      rules: [{ from: [{ source: { principals } }] }],
    },
  };
}

/**
 * Limits egress of the web page's pods, since the page has fetched any address that a client sent (CVE-2026-54745, CVE-2026-88980, CVE-2026-88981),
 * including the cloud's metadata. DNS stays open to any address, because the cluster's name server can be link-local.
 */
function pageEgress({ kubernetes }: Cluster): KubernetesObject {
  const dns = [...new Set(nameServers(kubernetes).map(({ port }) => port))];
  const ports = (...numbers: number[]) => numbers.map((port) => ({ protocol: 'TCP', port }));
  const apps = { key: 'app', operator: 'In', values: ['ml-pipeline', 'seaweedfs'] };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'ml-pipeline-ui-egress', namespace: kubeflowNamespace },
    spec: {
      podSelector: { matchLabels: { app: 'ml-pipeline-ui' } },
      policyTypes: ['Egress'],
      egress: [
        { ports: dns.flatMap((port) => ['UDP', 'TCP'].map((protocol) => ({ protocol, port }))) },
        {
          to: [
            { podSelector: { matchExpressions: [apps] } },
            { podSelector: { matchLabels: { component: 'metadata-envoy' } } },
            { namespaceSelector: {}, podSelector: { matchLabels: { app: 'ml-pipeline-ui-artifact' } } },
          ],
        },
        {
          to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': meshNamespace } } }],
          ports: ports(15012),
        },
        // The Kubernetes API, for logs and states of pods; its address differs per cluster.
        {
          to: [
            { ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } },
            { ipBlock: { cidr: '::/0', except: ['fe80::/10', 'fd00:ec2::/32'] } },
          ],
          ports: ports(...apiPorts(kubernetes)),
        },
      ],
    },
  };
}

function plainPorts(name: string, matchLabels: Record<string, string>, ports: readonly number[]): KubernetesObject {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: { name, namespace: kubeflowNamespace },
    spec: {
      selector: { matchLabels },
      portLevelMtls: Object.fromEntries(ports.map((port) => [port, { mode: 'PERMISSIVE' }])),
    },
  };
}
