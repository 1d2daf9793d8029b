import type { Cluster } from '../config/cluster.ts';
import { cloudPrefixes } from '../config/schema/tenant-workloads.ts';
import { admissionPolicy } from './admission.ts';
import { certManager } from './cert-manager.ts';
import type { KubernetesObject } from './component.ts';
import { servicesAnnotation, tenantLabel } from './domain.ts';
import { kubeflow } from './kubeflow/index.ts';
import { whoAsks } from './platform-accounts.ts';
import { isEnabled } from './settings.ts';
import { guardOfPods } from './tenant-pods.ts';
import { serviceRules } from './tenant-services.ts';

/** Namespaces where users have rights: tenants', and those of Profiles outside tenants, such as the default one. */
const usersNamespaces = {
  '': { matchExpressions: [{ key: tenantLabel, operator: 'Exists' }] },
  '-profiles': { matchLabels: { 'app.kubernetes.io/part-of': 'kubeflow-profile' } },
} as const;

/**
 * Variables that classify the user, with the controllers that write any of these resources.
 *
 * @param resources resources of the policy, as `group/resource`
 */
function whoWrites(cluster: Cluster, resources: readonly string[]): Record<string, string> {
  const about = (written: string) =>
    resources.some((one) => one === written || (sameGroup(one, written) && [one, written].some(isWhole)));
  const writers = [certManager, ...Object.values(kubeflow)]
    .filter((component) => isEnabled(cluster, component))
    .flatMap(({ tenantWriters = {} }) => Object.entries(tenantWriters))
    .map(([account, written]) => [account, written.filter(about)] as const)
    .filter(([, written]) => written.length > 0);
  return whoAsks(cluster, writers);
}

const isWhole = (resource: string) => resource.endsWith('/*');
const sameGroup = (one: string, other: string) => one.split('/')[0] === other.split('/')[0];

/**
 * Admission policies for the namespaces of users. They enforce the limits of the AppProjects on the Kubernetes API, too:
 * Kubernetes' role "edit" may write NetworkPolicies and Services of any type, and charts add their own roles to it.
 */
export function guardOfTenants(cluster: Cluster): KubernetesObject[] {
  return [
    ...kinds(cluster),
    ...services(cluster),
    ...cloudRoles(cluster),
    ...viewers(),
    ...newNamespaces(cluster),
    ...ownNamespaces(cluster),
    ...guardOfPods(cluster, usersNamespaces),
  ];
}

/** The kinds in infrastructure/tenant/denied.yaml, which only the platform may write. */
function kinds(cluster: Cluster): KubernetesObject[] {
  const groups = [...new Set(cluster.shared.denied.map(({ group }) => group))];
  return admissionPolicy({
    name: 'breakwater-tenants-keep-the-platforms-objects',
    match: {
      resourceRules: groups.map((group) => ({
        apiGroups: [group],
        apiVersions: ['*'],
        operations: ['CREATE', 'UPDATE', 'DELETE'],
        // Namespace selectors match every cluster-scoped object.
        scope: 'Namespaced',
        resources: cluster.shared.denied
          .filter((entry) => entry.group === group)
          .map(({ resource = '*' }) => resource)
          .sort(),
      })),
    },
    variables: whoWrites(
      cluster,
      cluster.shared.denied.map(({ group, resource = '*' }) => `${group}/${resource}`),
    ),
    rules: [
      {
        expression: 'variables.platform',
        message:
          "Only the platform may write this kind in a tenant's namespace. Change tenants/<team>/tenant.yaml in a pull request.",
      },
    ],
    namespaces: usersNamespaces,
  });
}

/** Services that tenants may create (`serviceRules`). */
function services(cluster: Cluster): KubernetesObject[] {
  const asked = `namespaceObject.metadata.?annotations[?'${servicesAnnotation}'].orValue('').split(',')`;
  return admissionPolicy({
    name: 'breakwater-tenants-publish-by-the-gateway',
    match: {
      resourceRules: [
        { apiGroups: [''], apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources: ['services'] },
      ],
    },
    // Labels and status of existing Services may still change.
    only: { changes: "request.operation == 'CREATE' || object.spec != oldObject.spec" },
    variables: { ...whoWrites(cluster, ['/services']), type: "object.spec.?type.orValue('ClusterIP')", asked },
    rules: serviceRules.map(({ expression, message }) => ({
      expression: `variables.platform || ${expression}`,
      message,
    })),
    namespaces: usersNamespaces,
  });
}

/**
 * Annotations of accounts that give their pods a cloud role come from tenant.yaml, which the platform's owners review. A cloud that trusts
 * any account of the cluster would else give a tenant the role of another.
 */
function cloudRoles(cluster: Cluster): KubernetesObject[] {
  const annotations = (object: string) => `dyn(${object}.metadata.?annotations.orValue({}))`;
  const isRole = `key.matches('^(${cloudPrefixes.join('|').replaceAll('.', '[.]')})')`;
  return admissionPolicy({
    name: 'breakwater-tenants-keep-their-cloud-role',
    match: {
      resourceRules: [
        { apiGroups: [''], apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources: ['serviceaccounts'] },
      ],
    },
    variables: {
      ...whoWrites(cluster, ['/serviceaccounts']),
      before: `request.operation == 'CREATE' ? dyn({}) : ${annotations('oldObject')}`,
      after: annotations('object'),
      changed: `variables.after.filter(key, ${isRole} && variables.before[?key].orValue('') != variables.after[key]) + variables.before.filter(key, ${isRole} && !(key in variables.after))`,
    },
    rules: [
      {
        expression: 'variables.platform || variables.changed.size() == 0',
        messageExpression:
          "'only the platform may set ' + variables.changed.join(', ') + ': use serviceAccounts.annotations in tenants/<team>/tenant.yaml'",
      },
    ],
    namespaces: usersNamespaces,
  });
}

/**
 * A PVCViewer names the start of its path, and the controller makes the route. Any other start would be open to everyone below /oauth2/
 * and /dex/, which the gateway's check excludes, with the visitors' session cookies.
 */
function viewers(): KubernetesObject[] {
  const prefix = '/pvcviewers';
  return admissionPolicy({
    name: 'breakwater-viewers-keep-their-path',
    match: {
      resourceRules: [
        {
          apiGroups: ['kubeflow.org'],
          apiVersions: ['*'],
          operations: ['CREATE', 'UPDATE'],
          resources: ['pvcviewers'],
        },
      ],
    },
    only: { changes: "request.operation == 'CREATE' || object.spec != oldObject.spec" },
    rules: [
      {
        expression: `object.spec.?networking.?basePrefix.orValue('${prefix}') == '${prefix}'`,
        message: `A PVCViewer's path must start with ${prefix}: set spec.networking.basePrefix: ${prefix}.`,
      },
    ],
  });
}

/**
 * Keeps an existing namespace from becoming a tenant's through a folder's name: its contents belong to others. A cluster
 * administrator can hand it over.
 */
function newNamespaces(cluster: Cluster): KubernetesObject[] {
  const label = (object: string) => `${object}.metadata.?labels[?'${tenantLabel}'].orValue('')`;
  return admissionPolicy({
    name: 'breakwater-tenants-get-new-namespaces',
    match: {
      resourceRules: [{ apiGroups: [''], apiVersions: ['*'], operations: ['UPDATE'], resources: ['namespaces'] }],
    },
    only: { 'becomes-a-tenants': `${label('object')} != '' && ${label('object')} != ${label('oldObject')}` },
    variables: whoAsks(cluster),
    rules: [
      {
        expression: 'variables.administrator',
        messageExpression: `'the namespace ' + request.name + ' existed before the tenant. Rename the tenant, or ask a cluster administrator to hand the namespace over: kubectl label namespace ' + request.name + ' ${tenantLabel}=' + ${label('object')}`,
      },
    ],
  });
}

/** Restricts the objects of the tenant chart to the tenant's own namespaces, but for the account with which Argo CD applies its objects. */
function ownNamespaces({ argocd }: Cluster): KubernetesObject[] {
  const label = (object: string) => `${object}.metadata.?labels[?'${tenantLabel}'].orValue('')`;
  const rule = (group: string, ...resources: string[]) => ({
    apiGroups: [group],
    apiVersions: ['*'],
    operations: ['CREATE', 'UPDATE'],
    resources,
  });
  return admissionPolicy({
    name: 'breakwater-tenants-stay-in-their-namespaces',
    match: {
      objectSelector: { matchExpressions: [{ key: tenantLabel, operator: 'Exists' }] },
      resourceRules: [
        rule('rbac.authorization.k8s.io', 'rolebindings'),
        rule('security.istio.io', 'authorizationpolicies'),
        rule('networking.istio.io', 'virtualservices', 'destinationrules'),
        rule('networking.k8s.io', 'networkpolicies'),
        rule('', 'resourcequotas', 'limitranges', 'serviceaccounts'),
      ],
    },
    variables: {
      applier: `request.resource.resource == 'serviceaccounts' && request.namespace == '${argocd.namespace}' && object.metadata.name == 'tenant-' + ${label('object')}`,
    },
    rules: [
      {
        expression: `variables.applier || ${label('object')} in ['', ${label('namespaceObject')}]`,
        messageExpression: `'the namespace ' + request.namespace + ' does not belong to the tenant ' + ${label('object')}`,
      },
    ],
  });
}
