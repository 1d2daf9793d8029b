import type { Cluster } from '../config/cluster.ts';
import { publicAddress } from './address.ts';
import { argocdApp } from './apps/argocd.ts';
import { appPlace } from './apps/place.ts';
import type { KubernetesObject } from './component.ts';
import { gatewayName, gatewayNamespace } from './domain.ts';

/** Path of the webhook that Git hosts call after a push. Not /api/webhook, since /api/ belongs to the dashboard. */
const webhookPath = '/hooks/argocd';

const name = 'argocd-webhook';

/**
 * Keys of argocd-secret with the webhook secret of each kind of host. All are set, even for hosts that are
 * not used: without a secret, Argo CD accepts any caller that claims to be such a host.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/operator-manual/webhook/
 */
export const webhookSecretKeys = [
  'webhook.github.secret',
  'webhook.gitlab.secret',
  'webhook.gogs.secret',
  'webhook.bitbucket.uuid',
  'webhook.bitbucketserver.secret',
  'webhook.azuredevops.username',
  'webhook.azuredevops.password',
] as const;

/** @returns the webhook's URL, for the Git host */
export function webhookUrl(cluster: Cluster): string {
  return `https://${publicAddress(cluster).authority}${webhookPath}`;
}

/** Exclusion from the gateway's check, narrowed to POST. */
export interface OpenPath {
  notPaths: readonly string[];
  /** Further entries of the rule's `to`. */
  narrowed: readonly { operation: Record<string, unknown> }[];
}

/** @returns the webhook's exclusion from the gateway's policy; empty when it is off */
export function webhookInPolicy({ git }: Pick<Cluster, 'git'>): OpenPath {
  if (!git.webhook) return { notPaths: [], narrowed: [] };
  return {
    notPaths: [webhookPath],
    narrowed: [{ operation: { notPorts: ['80'], paths: [webhookPath], notMethods: ['POST'] } }],
  };
}

/** @returns the route from exactly this path, for POST, to Argo CD's webhook; empty when it is off */
export function webhookRoute(cluster: Cluster): KubernetesObject[] {
  if (!cluster.git.webhook) return [];
  const host = `argocd-server.${cluster.argocd.namespace}.svc.cluster.local`;
  const app = argocdApp(cluster);
  // If Argo CD is served under a path, the path applies inside the cluster, too.
  const root = app === undefined ? '' : appPlace(cluster, app).path.replace(/\/$/, '');
  return [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name, namespace: gatewayNamespace },
      spec: {
        hosts: [publicAddress(cluster).host],
        gateways: [gatewayName],
        http: [
          {
            match: [{ uri: { exact: webhookPath }, method: { exact: 'POST' } }],
            rewrite: { uri: `${root}/api/webhook` },
            route: [{ destination: { host, port: { number: 443 } } }],
          },
        ],
      },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name, namespace: gatewayNamespace },
      spec: {
        host,
        exportTo: ['.'],
        // Argo CD's certificate is self-signed.
        trafficPolicy: { tls: { mode: 'SIMPLE', insecureSkipVerify: true } },
      },
    },
  ];
}
