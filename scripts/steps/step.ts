import type { Reporter, StepOutcome } from '../report/reporter.ts';

/**
 * The planned action of a step, as pure data, so that a dry run prints the same.
 *
 * `next` is the context of the steps that follow, where the decision itself changes it.
 */
export type Decision<Work, Context = never> =
  | { kind: 'up-to-date'; message: string; next?: Context }
  /** Skipped on purpose, with the reason. */
  | { kind: 'skip'; message: string; next?: Context }
  | { kind: 'do'; message: string; details?: readonly string[]; work: Work; next?: Context };

/** Result of a step. */
export interface Done<Context> {
  message: string;
  /** True: nothing had to be changed after all. */
  unchanged?: boolean;
  /** The context of the steps that follow, where acting changed it. */
  next?: Context;
}

/**
 * One step of a run: it checks, looks, decides (pure) and acts. A run that was killed anywhere is simply run again.
 *
 * @typeParam Context shared by the steps of a run; immutable, a step hands on a new one
 * @typeParam Checked result of the check, for the step itself
 */
interface Step<Context, Found, Work, Checked = void> {
  name: string;
  /** Refuses what would fail later. Runs for all steps before the first one acts; changes nothing. */
  check?(context: Context): Promise<Checked>;
  /** Reads the current state; changes nothing. */
  look(context: Context, checked: Checked): Promise<Found>;
  decide(found: Found, context: Context): Decision<Work, Context>;
  /** @returns one line about the result, or more */
  act(work: Work, context: Context): Promise<string | Done<Context>>;
}

/** Outcome of a step, for people and for --json. */
export interface StepResult {
  step: string;
  outcome: StepOutcome;
  message: string;
  details?: readonly string[];
}

/** Progress of a run: the context of the next step, and the outcomes so far. */
export interface RunProgress<Context> {
  context: Context;
  outcomes: readonly StepResult[];
}

interface StepOptions {
  dryRun: boolean;
  reporter: Reporter;
}

/** A step after its check. */
export type CheckedStep<Context> = (
  context: Context,
  options: StepOptions,
) => Promise<{ context: Context; outcome: StepResult }>;

/** A step without its own types. */
export interface AnyStep<Context> {
  check(context: Context): Promise<CheckedStep<Context>>;
}

/** Hides a step's own types, so that different steps fit into one list. */
export function step<Context, Found, Work, Checked = void>(
  definition: Step<Context, Found, Work, Checked>,
): AnyStep<Context> {
  return {
    check: async (before) => {
      const checked = (await definition.check?.(before)) as Checked;
      return async (context, options) => {
        const end = options.reporter.begin(definition.name);
        const result = await runStep(definition, checked, context, options);
        end(result.outcome.outcome, result.outcome.message);
        return result;
      };
    },
  };
}

async function runStep<Context, Found, Work, Checked>(
  { name, look, decide, act }: Step<Context, Found, Work, Checked>,
  checked: Checked,
  context: Context,
  { dryRun, reporter }: StepOptions,
): Promise<{ context: Context; outcome: StepResult }> {
  const decision = decide(await look(context, checked), context);
  const { message, next = context } = decision;
  if (decision.kind !== 'do') {
    const outcome = decision.kind === 'skip' ? 'skipped' : 'up-to-date';
    return { context: next, outcome: { step: name, outcome, message } };
  }
  const details = decision.details === undefined ? {} : { details: decision.details };
  if (dryRun) return { context: next, outcome: { step: name, outcome: 'would-do', message, ...details } };
  reporter.files(decision.details ?? []);
  const result = await act(decision.work, next);
  const done: Done<Context> = typeof result === 'string' ? { message: result } : result;
  return {
    context: done.next ?? next,
    outcome: {
      step: name,
      outcome: done.unchanged === true ? 'up-to-date' : 'done',
      message: done.message,
      ...details,
    },
  };
}

/**
 * Runs the checks of steps, in order.
 *
 * @returns the steps, for {@link runChecked}
 * @throws what a check refuses
 */
export async function checkSteps<Context>(
  steps: readonly AnyStep<Context>[],
  context: Context,
): Promise<CheckedStep<Context>[]> {
  const checked: CheckedStep<Context>[] = [];
  for (const each of steps) checked.push(await each.check(context));
  return checked;
}

/**
 * Runs steps in order and reports each outcome.
 *
 * @param from progress so far
 * @throws what a step throws; earlier steps stay done, and the next run finds them so
 */
export async function runChecked<Context>(
  steps: readonly CheckedStep<Context>[],
  from: RunProgress<Context>,
  options: StepOptions,
): Promise<RunProgress<Context>> {
  let { context } = from;
  const outcomes = [...from.outcomes];
  for (const run of steps) {
    const { context: next, outcome } = await run(context, options);
    context = next;
    outcomes.push(outcome);
    if (outcome.outcome === 'would-do') options.reporter.files(outcome.details ?? []);
  }
  return { context, outcomes };
}

/** Checks all steps, then runs them; see {@link checkSteps} and {@link runChecked}. */
export async function runSteps<Context>(
  steps: readonly AnyStep<Context>[],
  context: Context,
  options: StepOptions,
): Promise<RunProgress<Context>> {
  return await runChecked(await checkSteps(steps, context), { context, outcomes: [] }, options);
}
