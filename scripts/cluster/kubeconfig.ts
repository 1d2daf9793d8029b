import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { proxyFor } from '../network/proxy.ts';
import { UsageError } from '../report/errors.ts';

export interface KubeconfigPlace {
  /** Default: the process's environment. `KUBECONFIG` may be a list of files. */
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

/** @returns the names of all contexts, sorted; none without a kubeconfig */
export async function kubeconfigContexts(place: KubeconfigPlace = {}): Promise<string[]> {
  const config = await readKubeconfig(kubeconfigFiles(place));
  return contextNames(config);
}

/**
 * Reads the kubeconfig and selects a context. The current context is never used implicitly: it is the last one used,
 * and may be another cluster (argoproj-labs/argocd-autopilot#378).
 *
 * @throws UsageError without a kubeconfig, without a context, or for an unknown one, with the list of contexts
 */
export async function kubeconfigFor(context: string | undefined, place: KubeconfigPlace = {}): Promise<KubeConfig> {
  const files = kubeconfigFiles(place);
  const config = await readKubeconfig(files, place.environment);
  const names = contextNames(config);
  if (names.length === 0) {
    throw new UsageError(`no kubeconfig with a context found in ${files.join(', ')}`, {
      hint: "Set KUBECONFIG to your cluster's kubeconfig, or copy it to ~/.kube/config.",
    });
  }
  const choice = `Set kubernetes.context in cluster.yaml, or pass --context, to one of: ${names.join(', ')}`;
  if (context === undefined) throw new UsageError('no Kubernetes context is set', { hint: choice });
  if (!names.includes(context)) {
    throw new UsageError(`the kubeconfig has no context "${context}"`, { hint: choice });
  }
  config.setCurrentContext(context);
  if (config.getCurrentCluster() === null) {
    throw new UsageError(`the context "${context}" refers to a cluster that is not in the kubeconfig`, {
      hint: `Correct ${files.join(', ')}: \`kubectl config get-contexts\` lists contexts and clusters.`,
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
      throw new UsageError(
        `${file} is not a valid kubeconfig: ${error instanceof Error ? error.message : String(error)}`,
        {
          hint: 'Correct or remove it, or set KUBECONFIG to another file.',
        },
      );
    }
    // As with kubectl, the first file that defines an entry wins.
    for (const item of config.clusters) {
      // The library only supports the kubeconfig's own proxy-url.
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
