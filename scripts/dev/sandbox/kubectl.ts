import { $ } from 'zx/core';
import { carriedTool } from '../../tools/find.ts';
import { SandboxError } from './errors.ts';

/**
 * Runs kubectl against a sandbox, always with its own kubeconfig.
 * @param input is given to it on its standard input.
 * @returns what it wrote.
 * @throws SandboxError with what it said.
 */
export async function kubectl(kubeconfig: string, args: readonly string[], input = ''): Promise<string> {
  const program = await carriedTool('kubectl');
  const result = await $({ quiet: true, nothrow: true, input })`${program} --kubeconfig ${kubeconfig} ${args}`;
  if (result.exitCode !== 0) throw new SandboxError(`kubectl ${args.join(' ')} failed: ${result.stderr.trim()}`);
  return result.stdout;
}
