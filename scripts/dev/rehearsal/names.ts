import type { RehearsalSite } from './site.ts';

const configMap = ['-n', 'kube-system', 'configmap', 'coredns'] as const;

/**
 * Makes the sandbox's name server resolve hosts to one address, for pods and all other clients.
 *
 * @returns a function that undoes it
 */
export async function nameHosts(
  site: RehearsalSite,
  hosts: readonly string[],
  address: string,
): Promise<() => Promise<void>> {
  const [flag, namespace, ...object] = configMap;
  const before = await site.kubectl([flag, namespace, 'get', ...object, '-o', 'jsonpath={.data.Corefile}']);
  const put = async (corefile: string) => {
    await site.kubectl([
      flag,
      namespace,
      'patch',
      ...object,
      '--type=merge',
      '--patch',
      JSON.stringify({ data: { Corefile: corefile } }),
    ]);
    // The kubelet may take a minute to renew a mounted file; a new pod has it at once.
    await site.kubectl([flag, namespace, 'rollout', 'restart', 'deployment/coredns']);
    await site.kubectl([flag, namespace, 'rollout', 'status', 'deployment/coredns', '--timeout=60s']);
  };
  await put(before.replace(/hosts \{\n/, (start) => `${start}    ${address} ${hosts.join(' ')}\n`));
  return () => put(before);
}
