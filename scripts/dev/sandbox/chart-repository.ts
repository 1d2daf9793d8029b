import { mkdir, rm } from 'node:fs/promises';
import { $ } from 'zx/core';
import { carriedTool } from '../../tools/find.ts';
import { SandboxError } from './errors.ts';
import { plainEnvironment } from './needs.ts';

/**
 * Packs charts into a folder that a web server can serve as a chart repository.
 * @param folder is emptied first.
 * @param charts folders of charts, each with the version that its Chart.yaml says.
 * @throws SandboxError with helm's message.
 */
export async function packCharts(folder: string, charts: readonly string[]): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const helm = await carriedTool('helm');
  const run = $({ quiet: true, nothrow: true, env: plainEnvironment({ HOME: folder }) });
  for (const chart of charts) check(chart, await run`${helm} package ${chart} --destination ${folder}`);
  check(folder, await run`${helm} repo index ${folder}`);
}

function check(what: string, result: { exitCode: number | null; stderr: string }): void {
  if (result.exitCode !== 0) throw new SandboxError(`helm could not pack ${what}: ${result.stderr.trim()}`);
}
