import type { Cluster } from '../config/cluster.ts';
import { takenNamespaces } from '../config/schema/component-names.ts';
import type { KubernetesObject } from './component.ts';
import { domain, early } from './domain.ts';

const name = 'breakwater-tenants-keep-the-platforms-objects';

/** What decides who gets in and how much a tenant has: written by the platform alone, whatever roles a tenant's people have. */
const guarded = [
  {
    groups: ['networking.istio.io', 'security.istio.io', 'telemetry.istio.io', 'extensions.istio.io'],
    resources: ['*'],
  },
  { groups: ['gateway.networking.k8s.io'], resources: ['*'] },
  { groups: ['networking.k8s.io'], resources: ['networkpolicies', 'ingresses'] },
  { groups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'] },
  { groups: [''], resources: ['resourcequotas', 'limitranges'] },
];

/**
 * Holds in tenants' namespaces what AppProjects hold in Argo CD, for whoever comes by the Kubernetes API: Kubernetes' role "edit"
 * writes NetworkPolicies, and roles of others' are aggregated into it. Allowed are the platform's own accounts, and whoever may do
 * everything (the right to `manage` `tenants` of our group is nobody's but a cluster administrator's, or who is given it).
 *
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function guardOfTenants(cluster: Cluster): KubernetesObject[] {
  const own = [...new Set([...takenNamespaces, cluster.argocd.namespace])].filter(
    (namespace) => namespace !== 'default',
  );
  return [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name, annotations: early },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          namespaceSelector: { matchExpressions: [{ key: `${domain}/tenant`, operator: 'Exists' }] },
          resourceRules: guarded.map(({ groups, resources }) => ({
            apiGroups: groups,
            apiVersions: ['*'],
            operations: ['CREATE', 'UPDATE', 'DELETE'],
            resources,
          })),
        },
        validations: [
          {
            expression:
              `request.userInfo.username.matches('^system:serviceaccount:(${own.sort().join('|')}):') || ` +
              `authorizer.group('${domain}').resource('tenants').check('manage').allowed()`,
            message:
              "In a tenant's namespace this kind is the platform's: change tenants/<team>/tenant.yaml by a pull request.",
          },
        ],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name, annotations: early },
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  ];
}
