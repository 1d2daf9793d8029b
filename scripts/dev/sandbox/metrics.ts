import { metricsServerImage } from './image-table.ts';

const name = 'metrics-server';
const namespace = 'kube-system';
const labels = { 'k8s-app': name };
const group = 'metrics.k8s.io';

/**
 * The metrics API, as objects. Managed clusters have it; without it every autoscaler reports that it cannot work, and
 * Argo CD takes that for a fault.
 */
export function metricsObjects(): object[] {
  const rbac = 'rbac.authorization.k8s.io';
  const bind = (kind: string, bindingName: string, role: object, extra: object = {}) => ({
    apiVersion: `${rbac}/v1`,
    kind,
    metadata: { name: bindingName, ...extra },
    roleRef: { apiGroup: rbac, ...role },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: `system:${name}` },
      rules: [
        { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
        { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] },
      ],
    },
    bind('ClusterRoleBinding', `system:${name}`, { kind: 'ClusterRole', name: `system:${name}` }),
    bind('ClusterRoleBinding', `${name}:system:auth-delegator`, { kind: 'ClusterRole', name: 'system:auth-delegator' }),
    bind(
      'RoleBinding',
      `${name}-auth-reader`,
      { kind: 'Role', name: 'extension-apiserver-authentication-reader' },
      { namespace },
    ),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { selector: labels, ports: [{ name: 'https', port: 443, targetPort: 10250 }] },
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `v1beta1.${group}` },
      spec: {
        group,
        version: 'v1beta1',
        service: { name, namespace },
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    },
    deployment(),
  ];
}

function deployment(): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: name,
          containers: [
            {
              name,
              image: metricsServerImage,
              args: [
                '--cert-dir=/tmp',
                '--secure-port=10250',
                '--kubelet-preferred-address-types=InternalIP',
                // The kubelet's certificate is its own.
                '--kubelet-insecure-tls',
                '--metric-resolution=15s',
              ],
              readinessProbe: { httpGet: { path: '/readyz', port: 10250, scheme: 'HTTPS' }, periodSeconds: 2 },
              volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
            },
          ],
          volumes: [{ name: 'tmp', emptyDir: {} }],
        },
      },
    },
  };
}
