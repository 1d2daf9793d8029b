import {
  aggregatedRole,
  allow,
  configMap,
  type KubernetesObject,
  kind,
  mutualTls,
  role,
  route,
  service,
  workload,
} from './objects.ts';

const registry = 'ghcr.io/kubeflow/kubeflow';

/** A web page below a prefix; the three web apps are alike. */
function webApp(name: string, prefix: string, title: string): KubernetesObject[] {
  const labels = { app: name, 'kustomize.component': name };
  return [
    ...workload({
      name: `${name}-deployment`,
      container: name,
      image: `${registry}/${name}:v1.10.0`,
      labels,
      account: `${name}-service-account`,
      port: 5000,
      title,
    }),
    service(`${name}-service`, labels, [{ port: 80, targetPort: 5000 }]),
    mutualTls(name, `${name}-service`),
    route(`${name}-${name}`, { prefix: `${prefix}/`, rewrite: '/', host: `${name}-service`, port: 80 }),
    allow(name, { app: name }),
  ];
}

/** applications/jupyter/jupyter-web-app/upstream/overlays/istio */
export const notebooksPage = () => webApp('jupyter-web-app', '/jupyter', 'Notebooks');
/** applications/volumes-web-app/upstream/overlays/istio */
export const volumesPage = () => webApp('volumes-web-app', '/volumes', 'Volumes');
/** applications/tensorboard/tensorboards-web-app/upstream/overlays/istio */
export const tensorboardsPage = () => webApp('tensorboards-web-app', '/tensorboards', 'TensorBoards');

/** applications/jupyter/notebook-controller/upstream/overlays/kubeflow */
export function notebookController(): KubernetesObject[] {
  return [
    kind('kubeflow.org', 'Notebook', {
      versions: ['v1', 'v1beta1', 'v1alpha1'],
      fields: { preserveUnknownFields: false, conversion: { strategy: 'None' } },
    }),
    configMap('notebook-controller-config', {
      USE_ISTIO: 'true',
      ISTIO_GATEWAY: 'kubeflow/kubeflow-gateway',
      ISTIO_HOST: '*',
      CLUSTER_DOMAIN: 'cluster.local',
    }),
    aggregatedRole('notebook-controller-kubeflow-notebooks-admin', 'kubeflow-admin'),
    ...controller('notebook-controller-deployment', 'notebook-controller', 'notebook-controller-service-account'),
  ];
}

/** applications/tensorboard/tensorboard-controller/upstream/overlays/kubeflow */
export function tensorboardController(): KubernetesObject[] {
  return [
    kind('tensorboard.kubeflow.org', 'Tensorboard', { versions: ['v1alpha1'] }),
    configMap('tensorboard-controller-config', { ISTIO_GATEWAY: 'kubeflow/kubeflow-gateway', ISTIO_HOST: '*' }),
    ...controller(
      'tensorboard-controller-deployment',
      'tensorboard-controller',
      'tensorboard-controller-controller-manager',
    ),
  ];
}

/** applications/pvcviewer-controller/upstream/base */
export function volumeViewerController(): KubernetesObject[] {
  return [
    kind('kubeflow.org', 'PVCViewer', { versions: ['v1alpha1'] }),
    ...controller('pvcviewer-controller-manager', 'pvcviewer-controller', 'pvcviewer-controller-manager', 'pvcviewer'),
  ];
}

function controller(name: string, image: string, account: string, app = image): KubernetesObject[] {
  return workload({
    name,
    container: 'manager',
    image: `${registry}/${image}:v1.10.0`,
    labels: { app, 'control-plane': 'controller-manager' },
    account,
    sidecar: false,
    // One of our patches sets all its variables, so it listens on the program's default port.
    ...(image === 'pvcviewer-controller' ? { port: 8082 } : { port: 8080, title: image }),
  });
}

/** applications/admission-webhook/upstream/overlays/cert-manager */
export function podDefaults(): KubernetesObject[] {
  const labels = { app: 'poddefaults', 'kustomize.component': 'poddefaults' };
  const prefix = 'admission-webhook';
  const serviceName = `${prefix}-service`;
  return [
    kind('kubeflow.org', 'PodDefault', { versions: ['v1alpha1'] }),
    aggregatedRole(`${prefix}-kubeflow-poddefaults-admin`, 'kubeflow-admin'),
    aggregatedRole(`${prefix}-kubeflow-poddefaults-edit`, 'kubeflow-edit'),
    role(
      `${prefix}-kubeflow-poddefaults-view`,
      [{ apiGroups: ['kubeflow.org'], resources: ['poddefaults'], verbs: ['get', 'list', 'watch'] }],
      { 'rbac.authorization.kubeflow.org/aggregate-to-kubeflow-view': 'true' },
    ),
    ...workload({
      name: `${prefix}-deployment`,
      container: prefix,
      image: `${registry}/poddefaults-webhook:v1.10.0`,
      labels,
      account: `${prefix}-service-account`,
      port: 4443,
      sidecar: false,
      title: 'PodDefaults',
    }),
    service(serviceName, labels, [{ name: 'https-webhook', port: 443, targetPort: 4443 }]),
    {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Issuer',
      metadata: { name: `${prefix}-selfsigned-issuer`, namespace: 'kubeflow' },
      spec: { selfSigned: {} },
    },
    {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { name: `${prefix}-cert`, namespace: 'kubeflow' },
      spec: {
        isCA: true,
        commonName: `${serviceName}.kubeflow.svc`,
        dnsNames: [`${serviceName}.kubeflow.svc`],
        issuerRef: { kind: 'Issuer', name: `${prefix}-selfsigned-issuer` },
        secretName: 'webhook-certs',
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: {
        name: `${prefix}-mutating-webhook-configuration`,
        annotations: { 'cert-manager.io/inject-ca-from': `kubeflow/${prefix}-cert` },
      },
      webhooks: [
        {
          name: `${prefix}-deployment.kubeflow.org`,
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          // The fake answers no admission reviews: pods of profiles start without it.
          failurePolicy: 'Ignore',
          timeoutSeconds: 1,
          clientConfig: {
            caBundle: '',
            service: { name: serviceName, namespace: 'kubeflow', path: '/apply-poddefault' },
          },
          namespaceSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'kubeflow-profile' } },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        },
      ],
    },
  ];
}
