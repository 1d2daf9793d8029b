import type { Reporter } from '../report/reporter.ts';

/** What a step is about to do, decided from what it found; pure data, so that a dry run prints the same. */
export type Decision<Work> =
  | { kind: 'up-to-date'; message: string }
  /** Left out on purpose, with the reason. */
  | { kind: 'skip'; message: string }
  | { kind: 'do'; message: string; details?: readonly string[]; work: Work };

/**
 * One step of a run: it looks at what is there, decides (pure), and acts. A run that was killed anywhere is simply run again.
 *
 * @typeParam Context what all steps of the run share
 */
export interface Step<Context, Found, Work> {
  name: string;
  /** Reads the world and changes nothing. */
  look(context: Context): Promise<Found>;
  decide(found: Found, context: Context): Decision<Work>;
  /** @returns one line that says what was done; as `unchanged` when it turned out that all was as it should be */
  act(work: Work, context: Context): Promise<string | { unchanged: string }>;
}

/** What became of a step, for people and for --json. */
export interface Outcome {
  step: string;
  outcome: 'up-to-date' | 'skipped' | 'done' | 'would-do';
  message: string;
  details?: readonly string[];
}

/** A step whose types are its own business. */
export interface AnyStep<Context> {
  name: string;
  run(context: Context, options: { dryRun: boolean; reporter: Reporter }): Promise<Outcome>;
}

/** Hides a step's own types, so that different steps fit into one list. */
export function step<Context, Found, Work>(definition: Step<Context, Found, Work>): AnyStep<Context> {
  return {
    name: definition.name,
    async run(context, { dryRun, reporter }) {
      const decision = definition.decide(await definition.look(context), context);
      const { message } = decision;
      if (decision.kind !== 'do') {
        return { step: definition.name, outcome: decision.kind === 'skip' ? 'skipped' : 'up-to-date', message };
      }
      const details = decision.details === undefined ? {} : { details: decision.details };
      if (dryRun) return { step: definition.name, outcome: 'would-do', message, ...details };
      if (decision.details !== undefined) for (const detail of decision.details) reporter.status(`    ${detail}`);
      const result = await definition.act(decision.work, context);
      if (typeof result !== 'string')
        return { step: definition.name, outcome: 'up-to-date', message: result.unchanged, ...details };
      return { step: definition.name, outcome: 'done', message: result, ...details };
    },
  };
}

const marks = { 'up-to-date': '=', skipped: '-', done: '+', 'would-do': '~' } as const;

/**
 * Runs steps in order and says what became of each.
 *
 * @throws whatever a step throws; what was done before it stays done, and the next run finds it so
 */
export async function runSteps<Context>(
  steps: readonly AnyStep<Context>[],
  context: Context,
  options: { dryRun: boolean; reporter: Reporter },
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const each of steps) {
    const outcome = await each.run(context, options);
    outcomes.push(outcome);
    options.reporter.status(`${marks[outcome.outcome]} ${outcome.step}: ${outcome.message}`);
    if (outcome.outcome === 'would-do')
      for (const detail of outcome.details ?? []) options.reporter.status(`    ${detail}`);
  }
  return outcomes;
}
