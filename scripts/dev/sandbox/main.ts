/** The sandbox alone, without the rehearsal: see README.md. */
import { RunError } from '../../report/errors.ts';
import { createReporter, type Reporter, reporterOptions } from '../../report/reporter.ts';
import { buildSandbox, findSandbox, sandboxDown, sandboxStatus, sandboxUp } from './cluster.ts';
import { SandboxError } from './errors.ts';
import { chartsOf, imageVersionsOf, repositoriesOf, repositoryRoot } from './of-repository.ts';
import { type SandboxOptions, sandboxCommandLine } from './options.ts';

async function run({ word, folder, git, host: hosts }: SandboxOptions, reporter: Reporter): Promise<number> {
  const images = imageVersionsOf(repositoryRoot);
  const report = (line: string) => reporter.status(line);
  if (word === 'build') {
    await buildSandbox({ images, report });
  } else if (word === 'up') {
    const repositories = { ...git, ...(await repositoriesOf(repositoryRoot)) };
    const charts = await chartsOf(repositoryRoot);
    const sandbox = await sandboxUp({ folder, images, charts, repositories, hosts, report });
    reporter.result(sandbox, JSON.stringify(sandbox, null, 2));
  } else if (word === 'down') {
    await sandboxDown(folder);
  } else {
    const [sandbox, processes] = [await findSandbox(folder), await sandboxStatus(folder)];
    const lines = Object.entries(processes).map(([name, runs]) => `${runs ? 'runs ' : 'ended'}  ${name}`);
    const first = sandbox === undefined ? `no sandbox runs in ${folder}` : JSON.stringify(sandbox, null, 2);
    reporter.result({ sandbox, processes }, [first, ...lines].join('\n'));
  }
  return 0;
}

const argv = process.argv.slice(2);
const reporter = createReporter(reporterOptions(argv));
process.exitCode = await sandboxCommandLine(argv, reporter, async (options) => {
  try {
    return await run(options, reporter);
  } catch (thrown) {
    throw thrown instanceof SandboxError ? new RunError(thrown.message) : thrown;
  }
});
