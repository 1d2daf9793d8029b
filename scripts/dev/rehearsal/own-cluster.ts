import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { RunError, UsageError } from '../../report/errors.ts';
import { findTool } from '../../tools/find.ts';
import { startProcess, stopProcess } from '../sandbox/processes.ts';
import type { ServeSettings } from '../sandbox/serve.ts';
import { mustRun } from './run-program.ts';

/** The user's own cluster, by its context. */
export interface OwnCluster {
  kubeconfig: string;
  context: string;
}

const server = 'git-server';

/**
 * Asks the user to confirm the cluster, since the whole platform is installed on it.
 *
 * @throws UsageError if the name is not repeated, or there is no terminal
 */
export async function confirmContext(context: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY)
    throw new UsageError(`cannot ask whether ${context} is the right cluster: there is no terminal`, {
      hint: 'Add --yes if it is: the whole platform is installed on it, and removed again.',
    });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(
    `The whole platform is installed on the cluster of context "${context}", and removed again.\nType the context's name to confirm: `,
  );
  terminal.close();
  if (answer.trim() !== context) throw new UsageError(`"${answer.trim()}" is not ${context}; nothing was changed`);
}

/** @throws UsageError for an unknown context; lists the known ones */
export async function findContext(context: string, environment: NodeJS.ProcessEnv = process.env): Promise<OwnCluster> {
  const kubeconfig = environment.KUBECONFIG || join(environment.HOME ?? '', '.kube', 'config');
  const kubectl = await findTool('kubectl');
  const names = await mustRun([kubectl, 'config', 'get-contexts', '-o', 'name'], {
    env: { ...environment, KUBECONFIG: kubeconfig },
  });
  const there = names.split('\n').filter((name) => name !== '');
  if (!there.includes(context))
    throw new UsageError(`no context "${context}" in ${kubeconfig}`, {
      hint: there.length === 0 ? 'It has none.' : `There are: ${there.join(', ')}`,
    });
  return { kubeconfig, context };
}

/** @throws RunError if the platform or an Argo CD already runs there: it is not a throwaway cluster */
export async function requireEmpty({ kubeconfig, context }: OwnCluster): Promise<void> {
  const kubectl = await findTool('kubectl');
  const names = await mustRun([
    kubectl,
    '--kubeconfig',
    kubeconfig,
    '--context',
    context,
    'get',
    'namespaces',
    '-o',
    'name',
  ]);
  const taken = ['argocd', 'ingress', 'istio-system', 'kubeflow', 'cert-manager', 'auth'].filter((name) =>
    names.split('\n').includes(`namespace/${name}`),
  );
  if (taken.length > 0)
    throw new RunError(`the cluster of context ${context} is in use: it has ${taken.join(', ')}`, {
      hint: 'A rehearsal needs an empty cluster, and removes everything from it at the end.',
    });
}

/** @returns this machine's first address that is not its own loopback */
export function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  const first = addresses.find(({ family, internal }) => family === 'IPv4' && !internal);
  if (first === undefined)
    throw new RunError('this machine has no address that a cluster could reach', {
      hint: 'Name one: --address IP',
    });
  return first.address;
}

/**
 * Serves bare repositories to the cluster, read only, until {@link stopServing}.
 *
 * @param address of this machine, as the cluster reaches it
 * @returns their base address
 */
export async function serveRepositories(
  folder: string,
  address: string,
  repositories: Readonly<Record<string, string>>,
): Promise<string> {
  const port = await freePort(address);
  const file = join(folder, 'serve.json');
  const settings: ServeSettings = {
    listen: [{ host: address, port }],
    images: {},
    charts: join(folder, 'no-charts'),
    repositories,
    readOnly: true,
  };
  await writeFile(file, JSON.stringify(settings));
  const loader = import.meta.resolve('tsx');
  const program = join(import.meta.dirname, '../sandbox/serve.ts');
  await startProcess(folder, { name: server, command: [process.execPath, '--import', loader, program, file] });
  return `http://${address}:${port}/git`;
}

export async function stopServing(folder: string): Promise<void> {
  await stopProcess(folder, server);
}

function freePort(host: string): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', (error) =>
      reject(
        new RunError(`nothing can be served at ${host}: ${error.message}`, {
          hint: 'Name an address of this machine: --address IP',
        }),
      ),
    );
    probe.listen(0, host, () => {
      const at = probe.address();
      probe.close(() => resolve(typeof at === 'object' && at !== null ? at.port : 0));
    });
  });
}
