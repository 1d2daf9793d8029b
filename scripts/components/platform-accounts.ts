import type { Cluster } from '../config/cluster.ts';
import { celList } from './admission.ts';
import { domain } from './domain.ts';
import { knativeNamespace, kubeflowNamespace, kubeflowSystemNamespace } from './kubeflow/part.ts';

const prefix = 'system:serviceaccount:';

/** @returns who writes the platform's objects and those that make tenants, as the API server calls it */
function controllerUser(cluster: Cluster): string {
  return `${prefix}${cluster.argocd.namespace}:argocd-application-controller`;
}

/**
 * Variables of an admission policy, in CEL, that say who asks:
 *
 * - `kubernetes`: its own controllers
 * - `controller`: Argo CD's, and the accounts that are named here, each for what it writes
 * - `administrator`: who has the right to `manage` `tenants` of our group, that is a cluster administrator, unless it is given to others.
 *   Kubeflow's controllers have it, too, but act on behalf of users; Argo CD's has it, and is named by itself.
 * - `platform`: any of the three
 *
 * @param writers accounts as `namespace:name`, with the resources that each may write, as `group/resource` or `group/*`
 */
export function whoAsks(
  cluster: Cluster,
  writers: readonly (readonly [account: string, resources: readonly string[]])[] = [],
): Record<string, string> {
  const behalf = [kubeflowNamespace, kubeflowSystemNamespace, knativeNamespace];
  const known = writers.map(([account, resources]) => `'${prefix}${account}': ${celList(resources)}`);
  const isArgocd = `variables.user == '${controllerUser(cluster)}'`;
  return {
    user: 'request.userInfo.username',
    kubernetes: `variables.user == 'system:kube-controller-manager' || variables.user.startsWith('${prefix}kube-system:')`,
    ...(known.length === 0
      ? { controller: isArgocd }
      : {
          writers: `{${known.join(', ')}}`,
          written: "[request.resource.group + '/*', request.resource.group + '/' + request.resource.resource]",
          controller: `${isArgocd} || (variables.user in variables.writers && variables.written.exists(one, one in variables.writers[variables.user]))`,
        }),
    administrator: `!(${isArgocd}) && !variables.user.matches('^${prefix}(${behalf.join('|')}):') && authorizer.group('${domain}').resource('tenants').check('manage').allowed()`,
    platform: 'variables.kubernetes || variables.controller || variables.administrator',
  };
}
