import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Provider } from './choose.ts';

/** Name of the cluster, for kind and k3d. */
export const clusterName = 'breakwater-try';

/** Browsers resolve every name below localhost to this machine. */
const host = 'kubeflow.localhost';
const publicPort = 8443;
const nodePort = 30443;

/** What a try writes and runs. */
export interface Plan {
  /** Files to write first, path → text. */
  files: Readonly<Record<string, string>>;
  /** Commands that make the cluster. */
  cluster: readonly (readonly [string, ...string[]])[];
  /** Words of `npm run rehearse -- …` that install the platform. */
  rehearse: readonly string[];
  /** The cluster's own kubeconfig, so that the user's stays as it is; undefined: the rehearsal makes one. */
  kubeconfig: string | undefined;
}

/** @param address this machine as the cluster reaches it; undefined: found by the rehearsal */
export function planTry(provider: Provider, folder: string, address: string | undefined): Plan {
  const rehearse = ['up', '--folder', folder];
  if (provider === 'sandbox') return { files: {}, cluster: [], rehearse, kubeconfig: undefined };
  const kubeconfig = join(folder, 'kubeconfig');
  const settings = {
    host,
    loadBalancer: { nodePort: { https: nodePort, publicPort } },
    kubeflow: { components: ['central-dashboard', 'profiles', 'notebooks'] },
    ...(provider === 'k3d' ? { kubernetes: { context: `k3d-${clusterName}`, distribution: 'k3s' } } : {}),
  };
  const kind = {
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    nodes: [
      {
        role: 'control-plane',
        extraPortMappings: [{ containerPort: nodePort, hostPort: publicPort, listenAddress: '127.0.0.1' }],
      },
    ],
  };
  const own = ['--context', `${provider}-${clusterName}`, '--yes', '--settings', join(folder, 'settings')];
  const settingsFile = { [join(folder, 'settings', 'cluster.yaml')]: stringify(settings) };
  return {
    files: provider === 'k3d' ? settingsFile : { ...settingsFile, [join(folder, 'kind.yaml')]: stringify(kind) },
    cluster:
      provider === 'kind'
        ? [
            [
              'kind',
              'create',
              'cluster',
              '--name',
              clusterName,
              '--config',
              join(folder, 'kind.yaml'),
              '--kubeconfig',
              kubeconfig,
              '--wait',
              '5m',
            ],
          ]
        : [
            [
              ...(['k3d', 'cluster', 'create', clusterName, '--wait', '--kubeconfig-update-default=false'] as const),
              ...['--port', `127.0.0.1:${publicPort}:${nodePort}@server:0`, '--k3s-arg', '--disable=traefik@server:*'],
            ],
            ['k3d', 'kubeconfig', 'write', clusterName, '--output', kubeconfig],
          ],
    rehearse: [...rehearse, ...own, ...(address === undefined ? [] : ['--address', address])],
    kubeconfig,
  };
}

/** The plan as text. */
export function planText({ cluster, rehearse }: Plan, provider: Provider, notes: readonly string[]): string {
  const where = provider === 'sandbox' ? "the rig's sandbox" : provider;
  return [
    `This makes a throwaway Kubernetes cluster with ${where}, and installs the platform on it:`,
    ...cluster.map((command) => `  ${command.join(' ')}`),
    `  npm run rehearse -- ${rehearse.join(' ')}`,
    'It ends with the address of the login page. To remove all of it: npm run try -- --down',
    ...notes,
  ].join('\n');
}
