import { expect, it } from 'vitest';
import type { Reporter } from '../report/reporter.ts';
import { type AnyStep, runSteps, step } from './step.ts';

interface Context {
  log: string[];
  results: readonly string[];
}

const reporter = {
  status: () => undefined,
  files: () => undefined,
  begin: () => () => undefined,
} as unknown as Reporter;

/** A step that notes all that is asked of it, and hands on its name. */
function noting(name: string, refuse = false): AnyStep<Context> {
  return step<Context, string, string, string>({
    name,
    check: async ({ log }) => {
      log.push(`check ${name}`);
      if (refuse) throw new Error(`${name} refuses`);
      return `checked ${name}`;
    },
    look: async ({ log }, checked) => {
      log.push(`look ${name}`);
      return checked;
    },
    decide: (found) => ({ kind: 'do', message: `do ${name}`, work: found }),
    act: async (work, context) => {
      context.log.push(`act ${name}: ${work} after ${context.results.join(', ')}`);
      return { message: name, next: { ...context, results: [...context.results, name] } };
    },
  });
}

it('makes all checks before the first step acts, and hands on what each one results in', async () => {
  const log: string[] = [];
  const { context, outcomes } = await runSteps(
    [noting('a'), noting('b')],
    { log, results: [] },
    { dryRun: false, reporter },
  );
  expect(log).toEqual([
    ...['check a', 'check b'],
    ...['look a', 'act a: checked a after '],
    ...['look b', 'act b: checked b after a'],
  ]);
  expect(context.results).toEqual(['a', 'b']);
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['done', 'done']);
});

it('does nothing when the last check refuses', async () => {
  const log: string[] = [];
  const run = runSteps([noting('a'), noting('b', true)], { log, results: [] }, { dryRun: false, reporter });
  await expect(run).rejects.toThrow('b refuses');
  expect(log).toEqual(['check a', 'check b']);
});

it('checks, looks and decides in a dry run, and acts on nothing', async () => {
  const log: string[] = [];
  const { context, outcomes } = await runSteps([noting('a')], { log, results: [] }, { dryRun: true, reporter });
  expect(log).toEqual(['check a', 'look a']);
  expect(context.results).toEqual([]);
  expect(outcomes).toEqual([{ step: 'a', outcome: 'would-do', message: 'do a' }]);
});
