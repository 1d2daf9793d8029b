import type { Cluster } from '../config/cluster.ts';
import { celList } from './admission.ts';
import { domain, inCluster } from './domain.ts';
import { knativeNamespace, kubeflowNamespace, kubeflowSystemNamespace } from './kubeflow/part.ts';

const prefix = 'system:serviceaccount:';

/** Account of Argo CD's controller, as `namespace:name`. It applies the platform's objects and the tenants'. */
function controllerAccount({ argocd }: Cluster): string {
  return `${argocd.namespace}:${argocd.controllerAccount}`;
}

/**
 * Impersonation settings for the platform's AppProjects: Argo CD applies the objects as itself. Without them, it refuses to sync.
 *
 * https://argo-cd.readthedocs.io/en/stable/operator-manual/app-sync-using-impersonation/
 */
export function appliedAsPlatform(cluster: Cluster): Record<string, string>[] {
  return [{ server: inCluster, namespace: '*', defaultServiceAccount: controllerAccount(cluster) }];
}

/**
 * CEL variables for admission policies, which classify the user of a request:
 *
 * - `kubernetes`: its own controllers
 * - `controller`: Argo CD's, and the accounts that are named here, each for what it writes
 * - `administrator`: who has the right to `manage` `tenants` of our group, that is a cluster administrator, unless it is given to others.
 *   Kubeflow's controllers have it, too, but act on behalf of users; Argo CD's has it, and is listed separately.
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
  const isArgocd = `variables.user == '${prefix}${controllerAccount(cluster)}'`;
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
