import type { Cluster } from '../config/cluster.ts';
import { publicAddress } from './address.ts';
import { argocdApp } from './apps/argocd.ts';
import { appPlace } from './apps/place.ts';
import type { KubernetesObject } from './component.ts';
import { gatewayName, gatewayNamespace } from './domain.ts';

/** Where Git hosts tell Argo CD of a push. Not /api/webhook, since /api/ belongs to the dashboard. */
const webhookPath = '/hooks/argocd';

const name = 'argocd-webhook';

/**
 * The keys of argocd-secret by which Argo CD knows a host, for each kind of host. All are set, also those of hosts that are
 * not used: without a secret, Argo CD takes what calls itself such a host.
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

/** @returns the webhook's address, for the Git host */
export function webhookUrl(cluster: Cluster): string {
  return `https://${publicAddress(cluster).authority}${webhookPath}`;
}

/** What the gateway's check leaves out, and what it takes back of that: a path is left out for POST only. */
export interface OpenPath {
  notPaths: readonly string[];
  /** Further entries of the rule's `to`. */
  narrowed: readonly Record<string, unknown>[];
}

/** @returns the webhook's place in the gateway's policy; nothing where it is off */
export function webhookInPolicy({ git }: Pick<Cluster, 'git'>): OpenPath {
  if (!git.webhook) return { notPaths: [], narrowed: [] };
  return {
    notPaths: [webhookPath],
    narrowed: [{ operation: { notPorts: ['80'], paths: [webhookPath], notMethods: ['POST'] } }],
  };
}

/** @returns the route of exactly this path, by POST, to exactly Argo CD's webhook; nothing where it is off */
export function webhookRoute(cluster: Cluster): KubernetesObject[] {
  if (!cluster.git.webhook) return [];
  const host = `argocd-server.${cluster.argocd.namespace}.svc.cluster.local`;
  const app = argocdApp(cluster);
  // Where Argo CD is served below a path, it is so inside of the cluster, too.
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
        // Encrypted; the certificate is one that Argo CD made for itself.
        trafficPolicy: { tls: { mode: 'SIMPLE', insecureSkipVerify: true } },
      },
    },
  ];
}
