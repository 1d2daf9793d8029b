import type { Cluster } from '../config/cluster.ts';
import { admissionPolicy, celList } from './admission.ts';
import { certManager } from './cert-manager.ts';
import type { Component, KubernetesObject } from './component.ts';
import { domain, servicesAnnotation, tenantLabel } from './domain.ts';
import { kubeflow } from './kubeflow/index.ts';
import { knativeNamespace, kubeflowNamespace, kubeflowSystemNamespace } from './kubeflow/part.ts';
import { settingsOf } from './settings.ts';

const serviceAccount = 'system:serviceaccount:';

/** Where users hold rights: tenants' namespaces, and those of Profiles that are no tenant's, as the default one. */
const usersNamespaces = {
  '': { matchExpressions: [{ key: tenantLabel, operator: 'Exists' }] },
  '-profiles': { matchLabels: { 'app.kubernetes.io/part-of': 'kubeflow-profile' } },
} as const;

/**
 * In CEL: whether the platform itself writes. That is Kubernetes, Argo CD's controller, a controller that says so itself
 * (`tenantWriters`), or a person with the right to `manage` `tenants` of our group: a cluster administrator, unless it is given to others.
 * Kubeflow's controllers have that right, too, but act on behalf of users.
 *
 * @param resources what the policy is about, as `group/resource`
 * @returns variables of a policy; `platform` is the answer
 */
function byPlatform(cluster: Cluster, resources: readonly string[]): Record<string, string> {
  const behalf = [kubeflowNamespace, kubeflowSystemNamespace, knativeNamespace];
  const writers = writersOf(cluster, resources).map(([account, list]) => `'${account}': ${celList(list)}`);
  return {
    user: 'request.userInfo.username',
    writers: `{${writers.join(', ')}}`,
    written: "[request.resource.group + '/*', request.resource.group + '/' + request.resource.resource]",
    kubernetes:
      "variables.user == 'system:kube-controller-manager' || variables.user.startsWith('system:serviceaccount:kube-system:')",
    controller: `variables.user == '${controllerAccount(cluster)}' || (variables.user in variables.writers && variables.written.exists(one, one in variables.writers[variables.user]))`,
    administrator: `!variables.user.matches('^system:serviceaccount:(${behalf.join('|')}):') && authorizer.group('${domain}').resource('tenants').check('manage').allowed()`,
    platform: 'variables.kubernetes || variables.controller || variables.administrator',
  };
}

/** @returns who writes the platform's objects and those that make tenants, as the API server calls it */
function controllerAccount(cluster: Cluster): string {
  return `${serviceAccount}${cluster.argocd.namespace}:argocd-application-controller`;
}

function writersOf(cluster: Cluster, resources: readonly string[]): [user: string, resources: readonly string[]][] {
  const runs = (component: Component) => component.wanted(cluster) && settingsOf(cluster, component)?.enabled !== false;
  const about = (written: string) =>
    resources.some((one) => one === written || (sameGroup(one, written) && [one, written].some(isWhole)));
  return [certManager, ...kubeflow]
    .filter(runs)
    .flatMap(({ tenantWriters = {} }) => Object.entries(tenantWriters))
    .map(([account, written]): [string, readonly string[]] => [serviceAccount + account, written.filter(about)])
    .filter(([, written]) => written.length > 0);
}

const isWhole = (resource: string) => resource.endsWith('/*');
const sameGroup = (one: string, other: string) => one.split('/')[0] === other.split('/')[0];

/**
 * Admission policies for the namespaces of users: what AppProjects refuse in Argo CD, for everyone who comes by the Kubernetes API.
 * Kubernetes' role "edit" writes NetworkPolicies and Services of any type, and charts add roles of their own to it.
 */
export function guardOfTenants(cluster: Cluster): KubernetesObject[] {
  return [...kinds(cluster), ...services(cluster)];
}

/** The kinds of infrastructure/tenant/denied.yaml, written by the platform alone. */
function kinds(cluster: Cluster): KubernetesObject[] {
  const groups = [...new Set(cluster.shared.denied.map(({ group }) => group))];
  return admissionPolicy({
    name: 'breakwater-tenants-keep-the-platforms-objects',
    match: {
      resourceRules: groups.map((group) => ({
        apiGroups: [group],
        apiVersions: ['*'],
        operations: ['CREATE', 'UPDATE', 'DELETE'],
        resources: cluster.shared.denied
          .filter((entry) => entry.group === group)
          .map(({ resource = '*' }) => resource)
          .sort(),
      })),
    },
    variables: byPlatform(
      cluster,
      cluster.shared.denied.map(({ group, resource = '*' }) => `${group}/${resource}`),
    ),
    rules: [
      {
        expression: 'variables.platform',
        message:
          "In a tenant's namespace this kind is the platform's: change tenants/<team>/tenant.yaml by a pull request.",
      },
    ],
    namespaces: usersNamespaces,
  });
}

/**
 * Services decide what the gateway calls, and could publish pods around it.
 *
 * ExternalName: Istio routes to the Service that it names, past the policies of the one that was approved. externalIPs: CVE-2020-8554.
 */
function services(cluster: Cluster): KubernetesObject[] {
  const asked = `namespaceObject.metadata.?annotations[?'${servicesAnnotation}'].orValue('').split(',')`;
  return admissionPolicy({
    name: 'breakwater-tenants-publish-by-the-gateway',
    match: {
      resourceRules: [
        { apiGroups: [''], apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources: ['services'] },
      ],
    },
    // What was there before may still be labelled, and get its status.
    only: { changes: "request.operation == 'CREATE' || object.spec != oldObject.spec" },
    variables: { ...byPlatform(cluster, ['/services']), type: "object.spec.?type.orValue('ClusterIP')" },
    rules: [
      {
        expression: "variables.platform || variables.type != 'ExternalName'",
        message: "A tenant's Service can't be an alias (ExternalName): the gateway would call what it names.",
      },
      {
        expression: 'variables.platform || object.spec.?externalIPs.orValue([]).size() == 0',
        message: "A tenant's Service can't take addresses (externalIPs): traffic of others to them would come here.",
      },
      {
        expression: `variables.platform || variables.type in ['ClusterIP', 'ExternalName'] || variables.type in ${asked}`,
        message:
          'A tenant is published by its routes, behind the login. For a Service of type LoadBalancer or NodePort, name the type under network.services in tenants/<team>/tenant.yaml.',
      },
    ],
    namespaces: usersNamespaces,
  });
}
