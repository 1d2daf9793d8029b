import { type Declaration, type OptionEntries, type OptionValues, readOptions } from '../command-line/options.ts';
import { declarations } from './declarations.ts';
import type { Invocation } from './invocation.ts';

/** A command of the command line. */
export interface CommandEntry extends Declaration {
  /**
   * Loads the command's code, and runs it.
   *
   * @param invocation its options as commander found them
   * @throws UsageError when an option's value is not what it takes
   */
  run(invocation: Invocation<Readonly<Record<string, unknown>>>): Promise<number>;
}

function command<Entries extends OptionEntries>(
  declaration: Declaration<Entries>,
  load: () => Promise<{ run(invocation: Invocation<OptionValues<Entries>>): Promise<number> }>,
): CommandEntry {
  return {
    ...declaration,
    run: async (invocation) => {
      const { run } = await load();
      return await run({ ...invocation, options: readOptions(declaration.options, invocation.options) });
    },
  };
}

/** All commands, in the order of the help. */
export const commands: readonly CommandEntry[] = [
  command(declarations.bootstrap, () => import('./bootstrap.ts')),
  command(declarations.render, () => import('./render.ts')),
  command(declarations.validate, () => import('./validate.ts')),
  command(declarations.diff, () => import('./diff.ts')),
  command(declarations.doctor, () => import('./doctor.ts')),
  command(declarations.status, () => import('./status.ts')),
  command(declarations.sync, () => import('./sync.ts')),
  command(declarations.verify, () => import('./verify.ts')),
  command(declarations.uninstall, () => import('./uninstall.ts')),
  command(declarations.upgrade, () => import('./upgrade.ts')),
  command(declarations.images, () => import('./images.ts')),
  command(declarations.rehearse, () => import('./rehearse.ts')),
  command(declarations.try, () => import('./try.ts')),
  command(declarations.graph, () => import('./graph.ts')),
  command(declarations.new, () => import('./new.ts')),
  command(declarations.adopt, () => import('./adopt.ts')),
  command(declarations.completion, () => import('./completion.ts')),
  command(declarations.app, () => import('./app.ts')),
  command(declarations.tenant, () => import('./tenant.ts')),
];
