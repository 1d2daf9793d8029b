import { configMap, type KubernetesObject, kind, role, roleBinding, workload } from './objects.ts';

/** third-party/metacontroller/base: its CRDs only, since nothing here uses them. */
export const metacontroller = () => [
  kind('metacontroller.k8s.io', 'DecoratorController', { scope: 'Cluster', versions: ['v1alpha1'] }),
];

/** Argo Workflows' manifests/base/crds/minimal */
export const workflowKinds = () => [
  kind('argoproj.io', 'Workflow', { versions: ['v1alpha1'] }),
  kind('argoproj.io', 'CronWorkflow', { versions: ['v1alpha1'] }),
];

/** Argo Workflows' manifests/cluster-install-no-crds/workflow-controller-rbac */
export function workflowRights(): KubernetesObject[] {
  const binding = roleBinding('argo-binding', 'argo-cluster-role', 'argo');
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'argo' } },
    role('argo-cluster-role'),
    { ...binding, subjects: [{ kind: 'ServiceAccount', name: 'argo' }] },
  ];
}

/** Argo Workflows' manifests/base/workflow-controller */
export function workflowController(): KubernetesObject[] {
  const [, deployment] = workload({
    name: 'workflow-controller',
    image: 'quay.io/argoproj/workflow-controller:latest',
    labels: { app: 'workflow-controller' },
    account: 'argo',
    port: 9090,
    sidecar: false,
    title: 'Workflow controller',
    args: [],
  });
  const settings = configMap('workflow-controller-configmap', {});
  return [deployment, settings].flatMap((object) => {
    if (object === undefined) return [];
    const { namespace: _, ...metadata } = object.metadata;
    const { data: _none, ...rest } = object;
    return [object === settings ? { ...rest, metadata } : { ...object, metadata }];
  }) as KubernetesObject[];
}
