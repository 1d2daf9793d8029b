import { RunError, UsageError } from '../../report/errors.ts';
import { lackForRehearsal } from '../rehearsal/needs.ts';
import { runProgram } from '../rehearsal/run-program.ts';

/** What the throwaway cluster runs in, in the order of preference. */
export const providers = ['kind', 'k3d', 'sandbox'] as const;
export type Provider = (typeof providers)[number];

/** A provider, and what the user should know before it starts. */
export interface Choice {
  provider: Provider;
  notes: readonly string[];
}

/** Memory in bytes below which the platform with notebooks is unlikely to start. */
const enough = 8_000_000_000;

const works = async (...command: [string, ...string[]]) => (await runProgram(command)).code === 0;

/**
 * Chooses what this machine can run: kind or k3d where Docker runs, else the rig's sandbox.
 *
 * @param asked value of --on
 * @throws UsageError for an unknown provider, RunError when the machine can run none
 */
export async function chooseProvider(asked: string | undefined): Promise<Choice> {
  if (asked !== undefined && !providers.includes(asked as Provider))
    throw new UsageError(`--on takes ${providers.join(', ')}, not ${JSON.stringify(asked)}`);
  const lacks: string[] = [];
  const docker = asked === 'sandbox' ? undefined : await runProgram(['docker', 'info', '--format', '{{.MemTotal}}']);
  if (docker?.code === 0) {
    const memory = Number(docker.stdout.trim());
    const gigabytes = (memory / 1e9).toFixed(1);
    const notes = memory > 0 && memory < enough ? [`Docker has ${gigabytes} GB of memory; 8 GB are needed.`] : [];
    for (const provider of ['kind', 'k3d'] as const)
      if ((asked ?? provider) === provider && (await works(provider, 'version'))) return { provider, notes };
    lacks.push(
      `Docker runs, but ${asked ?? 'neither kind nor k3d'} is ${asked === undefined ? '' : 'not '}on the PATH: mise install`,
    );
  } else if (docker !== undefined)
    lacks.push(docker.code === 127 ? 'docker is not on the PATH' : 'Docker does not run');
  if (asked === undefined || asked === 'sandbox') {
    const { problems } = lackForRehearsal(false, false);
    const notes = [
      "Kubeflow's images are replaced by a small program here.",
      'The first time builds programs, for about 40 minutes.',
    ];
    if (problems.length === 0) return { provider: 'sandbox', notes };
    lacks.push(...problems.map((problem) => `sandbox: ${problem}`));
  }
  throw new RunError('this machine cannot run a cluster', {
    details: lacks.map((line) => `- ${line}`),
    hint: 'Install Docker and kind (https://kind.sigs.k8s.io), or use a cluster of your own: docs/rehearsal.md.',
  });
}
