import {
  aggregatedRole,
  allow,
  type KubernetesObject,
  kind,
  role,
  roleBinding,
  route,
  service,
  workload,
} from './objects.ts';

const parts = { 'app.kubernetes.io/component': 'ml-pipeline', 'app.kubernetes.io/name': 'kubeflow-pipelines' };
const version = '2.16.0';
const accounts = ['ml-pipeline', 'ml-pipeline-ui', 'kubeflow-pipelines-cache'].map(
  (name) => `cluster.local/ns/kubeflow/sa/${name}`,
);

/** base/installs/multi-user */
export function core(): KubernetesObject[] {
  return [
    kind('kubeflow.org', 'ScheduledWorkflow', { versions: ['v1beta1'] }),
    secret('mysql-secret', { username: 'root', password: '' }),
    aggregatedRole('kubeflow-pipelines-edit', 'kubeflow-edit'),
    aggregatedRole('kubeflow-pipelines-view', 'kubeflow-view'),
    ...apiServer(),
    ...page(),
    ...cacheServer(),
    ...cacheDeployer(),
  ];
}

function apiServer(): KubernetesObject[] {
  const labels = { app: 'ml-pipeline', ...parts };
  return [
    ...workload({
      name: 'ml-pipeline',
      container: 'ml-pipeline-api-server',
      image: `ghcr.io/kubeflow/kfp-api-server:${version}`,
      labels,
      account: 'ml-pipeline',
      port: 8888,
      title: 'Pipelines API',
    }),
    service('ml-pipeline', labels, [{ port: 8888, targetPort: 8888 }]),
    allow('ml-pipeline', { app: 'ml-pipeline' }, [
      { from: [{ source: { principals: accounts } }] },
      { when: [{ key: 'request.headers[kubeflow-userid]', notValues: ['*'] }] },
    ]),
  ];
}

function page(): KubernetesObject[] {
  const labels = { app: 'ml-pipeline-ui', ...parts };
  const gateway = 'cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account';
  return [
    ...workload({
      name: 'ml-pipeline-ui',
      image: `ghcr.io/kubeflow/kfp-frontend:${version}`,
      labels,
      account: 'ml-pipeline-ui',
      port: 3000,
      title: 'Pipelines',
    }),
    service('ml-pipeline-ui', labels, [{ port: 80, targetPort: 3000 }]),
    route('ml-pipeline-ui', { prefix: '/pipeline', rewrite: '/pipeline', host: 'ml-pipeline-ui', port: 80 }),
    allow('ml-pipeline-ui', { app: 'ml-pipeline-ui' }, [
      { from: [{ source: { principals: [gateway] } }] },
      {
        when: [
          { key: 'request.headers[authorization]', values: ['*'] },
          { key: 'request.headers[kubeflow-userid]', notValues: ['*'] },
        ],
      },
    ]),
  ];
}

function cacheServer(): KubernetesObject[] {
  const labels = { app: 'cache-server', ...parts };
  return [
    ...workload({
      name: 'cache-server',
      container: 'server',
      image: `ghcr.io/kubeflow/kfp-cache-server:${version}`,
      labels,
      account: 'kubeflow-pipelines-cache',
      port: 8443,
      title: 'Pipeline cache',
      args: ['--listen_port=8443'],
    }),
    service('cache-server', labels, [{ name: 'https-webhook', port: 443, targetPort: 8443 }]),
    allow('service-cache-server', { app: 'cache-server' }, [{}]),
  ];
}

/** Objects that our patches remove, since cert-manager creates the certificate. */
function cacheDeployer(): KubernetesObject[] {
  const account = 'kubeflow-pipelines-cache-deployer-sa';
  const prefix = 'kubeflow-pipelines-cache-deployer';
  const rbac = 'rbac.authorization.k8s.io';
  const metadata = (suffix: string) => ({ name: `${prefix}-${suffix}` });
  const deployer = workload({
    name: 'cache-deployer-deployment',
    container: 'main',
    image: `ghcr.io/kubeflow/kfp-cache-deployer:${version}`,
    labels: { app: 'cache-deployer', ...parts },
    account,
    port: 8080,
  });
  return [
    // Upstream's namespace comes from a kustomization, and our patches omit it.
    ...deployer.map((object) => ({ ...object, metadata: { name: object.metadata.name } })),
    role(`${prefix}-clusterrole`),
    roleBinding(`${prefix}-clusterrolebinding`, `${prefix}-clusterrole`, account),
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: metadata('role'), rules: [] },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: metadata('rolebinding'),
      roleRef: { apiGroup: rbac, kind: 'Role', name: `${prefix}-role` },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace: 'kubeflow' }],
    },
  ];
}

/** env/cert-manager/base: with upstream's variable, which another kustomization replaces. */
export function cacheCertificate(): KubernetesObject[] {
  const namespace = '$(kfp-namespace)';
  const certificate = 'kfp-cache-cert';
  return [
    {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Issuer',
      metadata: { name: 'kfp-cache-selfsigned-issuer', namespace: 'kubeflow' },
      spec: { selfSigned: {} },
    },
    {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { name: certificate, namespace: 'kubeflow' },
      spec: {
        commonName: certificate,
        isCA: true,
        dnsNames: ['cache-server', `cache-server.${namespace}`, `cache-server.${namespace}.svc`],
        issuerRef: { kind: 'Issuer', name: 'kfp-cache-selfsigned-issuer' },
        secretName: 'webhook-server-tls',
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: {
        name: 'cache-webhook-kubeflow',
        annotations: { 'cert-manager.io/inject-ca-from': `${namespace}/${certificate}` },
      },
      webhooks: [
        {
          name: `cache-server.${namespace}.svc`,
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          failurePolicy: 'Ignore',
          timeoutSeconds: 1,
          clientConfig: { service: { name: 'cache-server', namespace, path: '/mutate' } },
          objectSelector: { matchLabels: { 'pipelines.kubeflow.org/cache_enabled': 'true' } },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        },
      ],
    },
  ];
}

/** third-party/mysql/base: without its volume, since a sandbox has no storage. */
export function database(): KubernetesObject[] {
  const labels = { app: 'mysql' };
  return [
    ...workload({
      name: 'mysql',
      image: 'mysql:8.4',
      labels,
      account: 'mysql',
      port: 8082,
      env: [{ name: 'MYSQL_ALLOW_EMPTY_PASSWORD', value: 'true' }],
    }),
    service('mysql', labels, [{ name: 'tcp-mysql', port: 3306, targetPort: 8082 }]),
  ];
}

/** third-party/mysql/options/istio */
export const databasePolicy = () => [
  allow('mysql', { app: 'mysql' }, [{ from: [{ source: { principals: accounts } }] }]),
];

/** third-party/seaweedfs/istio: without its volume, too. */
export function objectStore(): KubernetesObject[] {
  const labels = { app: 'seaweedfs' };
  const from = (name: string) => ({ from: [{ source: { principals: [`cluster.local/ns/kubeflow/sa/${name}`] } }] });
  const peers = (key: string, value: string) => ({
    from: [{ namespaceSelector: { matchExpressions: [{ key, operator: 'In', values: [value] }] } }],
  });
  return [
    secret('mlpipeline-minio-artifact', { accesskey: 'minio', secretkey: 'minio123' }),
    ...workload({
      name: 'seaweedfs',
      image: 'chrislusf/seaweedfs:4.00',
      labels,
      account: 'seaweedfs',
      port: 8333,
      title: 'Object store',
    }),
    service('seaweedfs', labels, [{ name: 'http-s3', port: 8333, targetPort: 8333 }]),
    allow('seaweedfs-service', labels, [from('ml-pipeline'), from('ml-pipeline-ui'), {}]),
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'seaweedfs', namespace: 'kubeflow' },
      spec: {
        podSelector: { matchLabels: labels },
        policyTypes: ['Ingress'],
        ingress: [
          { ...peers('app.kubernetes.io/part-of', 'kubeflow-profile'), ports: [{ port: 8333 }] },
          peers('kubernetes.io/metadata.name', 'istio-system'),
        ],
      },
    },
  ];
}

/** base/metadata/base */
export function metadataStore(): KubernetesObject[] {
  const labels = { component: 'metadata-envoy' };
  return [
    ...workload({
      name: 'metadata-envoy-deployment',
      container: 'container',
      image: `ghcr.io/kubeflow/kfp-metadata-envoy:${version}`,
      labels,
      account: 'metadata-envoy',
      port: 9090,
      title: 'Metadata',
    }),
    service('metadata-envoy-service', labels, [{ port: 9090, targetPort: 9090 }]),
  ];
}

/** base/metadata/options/istio: without a namespace, as upstream. */
export function metadataRoutes(): KubernetesObject[] {
  const policy = allow('metadata-grpc-service', { component: 'metadata-grpc-server' }, [{}]);
  return [
    route('metadata-grpc', {
      prefix: '/ml_metadata',
      rewrite: '/ml_metadata',
      host: 'metadata-envoy-service',
      port: 9090,
    }),
    { ...policy, metadata: { name: policy.metadata.name } },
  ];
}

function secret(name: string, stringData: Readonly<Record<string, string>>): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'kubeflow' }, stringData };
}
