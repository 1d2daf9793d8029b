import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { onPath } from '../../processes/run.ts';
import { checkout } from './repository.ts';

/** The script of a job's step, as the runner gets it: of its last, unless a step is named by its id. */
export function script(file: string, job: string, id?: string): string {
  const workflow = parse(readFileSync(join(checkout, '.github/workflows', file), 'utf8')) as {
    jobs: Record<string, { steps: { id?: string; run?: string }[] }>;
  };
  const steps = workflow.jobs[job]?.steps ?? [];
  return (id === undefined ? steps.at(-1) : steps.find((step) => step.id === id))?.run ?? 'exit 1';
}

/** Environment in which no one's Git configuration counts. */
export const environment = () => ({
  PATH: process.env.PATH ?? '',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
});

/** Whether programs are there that the runner has; the other tests need no more than Node and git. */
export const has = (...programs: string[]) => programs.every((program) => onPath(program) !== undefined);
