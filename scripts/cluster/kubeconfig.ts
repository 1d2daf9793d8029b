import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { proxyFor } from '../network/proxy.ts';
import { UsageError } from '../report/errors.ts';

export interface KubeconfigPlace {
  /** Default: the process's. `KUBECONFIG` may hold a list of files. */
  environment?: NodeJS.ProcessEnv;
  /** Default: the user's home folder. */
  home?: string;
}

/**
 * @returns the files that kubectl would read, in its order:
 *   https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
function kubeconfigFiles({ environment = process.env, home = homedir() }: KubeconfigPlace = {}): string[] {
  const listed = (environment.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  return listed.length > 0 ? listed : [join(home, '.kube', 'config')];
}

/** @returns the names of all contexts, sorted; none when there is no kubeconfig */
export async function kubeconfigContexts(place: KubeconfigPlace = {}): Promise<string[]> {
  const config = await readKubeconfig(kubeconfigFiles(place));
  return contextNames(config);
}

/**
 * Reads the kubeconfig and chooses a context in it. The current one is never taken by itself: it is whatever was used
 * last, and may be another cluster (argoproj-labs/argocd-autopilot#378).
 *
 * @throws UsageError when no kubeconfig is there, when no context is named, or an unknown one: it lists those there are
 */
export async function kubeconfigFor(context: string | undefined, place: KubeconfigPlace = {}): Promise<KubeConfig> {
  const files = kubeconfigFiles(place);
  const config = await readKubeconfig(files, place.environment);
  const names = contextNames(config);
  if (names.length === 0) {
    throw new UsageError(`no kubeconfig with a context was found: looked at ${files.join(', ')}`, {
      hint: 'Set KUBECONFIG to the file that your cluster came with, or copy it to ~/.kube/config.',
    });
  }
  const choice = `Name one of them in cluster.yaml (kubernetes.context) or with --context: ${names.join(', ')}`;
  if (context === undefined) throw new UsageError('no Kubernetes context is named', { hint: choice });
  if (!names.includes(context)) {
    throw new UsageError(`the kubeconfig has no context "${context}"`, { hint: choice });
  }
  config.setCurrentContext(context);
  if (config.getCurrentCluster() === null) {
    throw new UsageError(`the context "${context}" names a cluster that the kubeconfig does not have`, {
      hint: `Mend ${files.join(', ')}: \`kubectl config get-contexts\` shows what belongs together.`,
    });
  }
  return config;
}

async function readKubeconfig(
  files: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const merged = new KubeConfig();
  for (const file of files.filter((name) => existsSync(name))) {
    const config = new KubeConfig();
    try {
      if (readFileSync(file, 'utf8').trim() === '') continue;
      config.loadFromFile(file);
    } catch (error) {
      throw new UsageError(`${file} is not a kubeconfig: ${error instanceof Error ? error.message : String(error)}`, {
        hint: 'Mend or remove it, or set KUBECONFIG to another file.',
      });
    }
    // As for kubectl, the first file that names something wins.
    for (const item of config.clusters) {
      // The library knows the kubeconfig's own proxy-url only.
      const proxyUrl = item.proxyUrl ?? proxyFor(item.server ?? '', environment);
      const cluster = proxyUrl === undefined ? item : { ...item, proxyUrl };
      if (!has(merged.clusters, item.name)) merged.addCluster(cluster);
    }
    for (const item of config.users) if (!has(merged.users, item.name)) merged.addUser(item);
    for (const item of config.contexts) if (!has(merged.contexts, item.name)) merged.addContext(item);
  }
  return merged;
}

function has(items: readonly { name: string }[], name: string): boolean {
  return items.some((item) => item.name === name);
}

function contextNames(config: KubeConfig): string[] {
  return config.contexts.map(({ name }) => name).sort();
}
