import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from '../../sandbox/api-server.ts';
import { buildPrograms } from '../../sandbox/build.ts';
import type { TestServer } from '../../testing/api-server.ts';

/**
 * Starts some of the controllers of Kubernetes.
 *
 * @param folder for their certificate
 * @param controllers names, as `garbage-collector-controller`
 */
export async function startKubernetesControllers(
  { server }: TestServer,
  folder: string,
  controllers: readonly string[],
): Promise<ChildProcess> {
  const name = 'kube-controller-manager';
  const program = (await buildPrograms([name], { report: (line) => console.log(line) }))[name];
  const words = [
    `--kubeconfig=${server.kubeconfigPath}`,
    `--controllers=${controllers.join(',')}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${await freePort()}`,
    `--cert-dir=${join(folder, 'controller-manager')}`,
  ];
  return spawn(program, words, { stdio: 'ignore' });
}
