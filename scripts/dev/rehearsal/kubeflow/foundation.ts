import {
  admits,
  aggregatedRole,
  allow,
  configMap,
  type KubernetesObject,
  kind,
  namespaces,
  role,
  roleBinding,
  route,
  service,
  workload,
} from './objects.ts';

const registry = 'ghcr.io/kubeflow/kubeflow';
const everyPod = { podSelector: {} };
const gatewayNamespace = namespaces('kubernetes.io/metadata.name', 'istio-system');
const profiles = namespaces('app.kubernetes.io/part-of', 'kubeflow-profile');

/** common/kubeflow-namespace/base */
export function namespacesAndPolicies(): KubernetesObject[] {
  const namespaceOf = (name: string): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'istio-injection': 'enabled', 'pod-security.kubernetes.io/enforce': 'restricted' } },
  });
  const web = (app: string, name = app) => admits(name, { app: [app] }, [{ from: [gatewayNamespace, everyPod] }]);
  const port = (number: number) => [{ ports: [{ protocol: 'TCP', port: number }] }];
  return [
    namespaceOf('kubeflow'),
    namespaceOf('kubeflow-system'),
    admits('default-allow-same-namespace', {}, [{ from: [everyPod] }]),
    admits('default-allow-same-namespace-kubeflow-system', {}, [{ from: [everyPod] }], 'kubeflow-system'),
    ...['centraldashboard', 'jupyter-web-app', 'volumes-web-app', 'tensorboards-web-app', 'ml-pipeline-ui'].map((app) =>
      web(app),
    ),
    admits('metatada-envoy', { component: ['metadata-envoy'] }, [{ from: [gatewayNamespace, everyPod] }]),
    admits('ml-pipeline', { app: ['ml-pipeline'] }, [{ from: [profiles, gatewayNamespace] }]),
    admits('metadata-grpc-server', { component: ['metadata-grpc-server'] }, [{ from: [profiles, everyPod] }]),
    admits('poddefaults', { app: ['poddefaults'] }, port(4443)),
    admits('pvcviewer-webhook', { app: ['pvcviewer'] }, port(9443)),
    admits('cache-server', { app: ['cache-server'] }, port(8443)),
  ];
}

/** applications/profiles/pss */
export function profileController(): KubernetesObject[] {
  const labels = { 'kustomize.component': 'profiles' };
  const account = 'profiles-controller-service-account';
  const dashboard = 'cluster.local/ns/kubeflow/sa/centraldashboard';
  return [
    kind('kubeflow.org', 'Profile', {
      scope: 'Cluster',
      versions: ['v1', 'v1beta1'],
      fields: { preserveUnknownFields: false, conversion: { strategy: 'None' } },
    }),
    configMap('profiles-config', {
      USERID_HEADER: 'kubeflow-userid',
      USERID_PREFIX: '',
      ISTIO_INGRESS_GATEWAY_PRINCIPAL: 'cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account',
      NOTEBOOK_CONTROLLER_PRINCIPAL: 'cluster.local/ns/kubeflow/sa/notebook-controller-service-account',
      KFP_UI_PRINCIPAL: 'cluster.local/ns/kubeflow/sa/ml-pipeline-ui',
    }),
    ...workload({
      name: 'profiles-deployment',
      container: 'kfam',
      image: `${registry}/kfam:v1.10.0`,
      labels,
      account,
      port: 8081,
      title: 'Access management',
      beside: { manager: { image: `${registry}/profile-controller:v1.10.0`, port: 9876 } },
    }),
    service('profiles-kfam', labels, [{ port: 8081, targetPort: 8081 }]),
    route('profiles-kfam', { prefix: '/kfam/', rewrite: '/kfam/', host: 'profiles-kfam', port: 8081 }),
    allow('profiles-kfam', labels, [{ from: [{ source: { principals: [dashboard] } }] }]),
  ];
}

/** common/kubeflow-roles/base: the rights of a profile's members, aggregated from the other parts. */
export function userRoles(): KubernetesObject[] {
  return [
    aggregatedRole('kubeflow-admin'),
    aggregatedRole('kubeflow-edit', 'kubeflow-admin'),
    aggregatedRole('kubeflow-view', 'kubeflow-edit'),
    role(
      'kubeflow-kubernetes-view',
      [{ apiGroups: [''], resources: ['pods', 'services', 'configmaps'], verbs: ['get', 'list', 'watch'] }],
      { 'rbac.authorization.kubeflow.org/aggregate-to-kubeflow-view': 'true' },
    ),
  ];
}

/** applications/centraldashboard/overlays/oauth2-proxy */
export function centralDashboard(): KubernetesObject[] {
  const labels = { app: 'centraldashboard', 'kustomize.component': 'centraldashboard' };
  const settings = 'centraldashboard-config';
  return [
    configMap(settings, {
      links: '{"menuLinks":[],"externalLinks":[],"quickLinks":[],"documentationItems":[]}',
      settings: '{}',
    }),
    role('centraldashboard', [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch'] }]),
    roleBinding('centraldashboard', 'centraldashboard', 'centraldashboard'),
    ...workload({
      name: 'centraldashboard',
      image: `${registry}/central-dashboard:v1.10.0`,
      labels,
      account: 'centraldashboard',
      port: 8082,
      title: 'Kubeflow',
      env: [
        { name: 'LOGOUT_URL', value: '/oauth2/sign_out' },
        { name: 'LINKS', valueFrom: { configMapKeyRef: { name: settings, key: 'links' } } },
      ],
    }),
    service('centraldashboard', labels, [{ port: 80, targetPort: 8082 }]),
    route('centraldashboard', { prefix: '/', rewrite: '/', host: 'centraldashboard', port: 80 }),
    allow('central-dashboard', { app: 'centraldashboard' }),
  ];
}
