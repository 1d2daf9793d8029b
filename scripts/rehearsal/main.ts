/** `npm run rehearse`: see options.ts for its words, and docs/rehearsal.md for what it shows. */
import { RunError } from '../report/errors.ts';
import { createReporter, type Reporter } from '../report/reporter.ts';
import { standInImages } from './kubeflow/index.ts';
import { takeFolder } from './lock.ts';
import { parseOptions, type RehearseOptions, usage } from './options.ts';
import { check, down, findSite, recorderFor, type Surroundings, status, up } from './rehearse.ts';
import { buildSandbox } from './sandbox/cluster.ts';
import { SandboxError } from './sandbox/errors.ts';

async function run(options: RehearseOptions, reporter: Reporter): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  const surroundings: Surroundings = { report: (line) => reporter.status(line), signal: stop.signal };
  const { word } = options;
  if (word === 'build') await buildSandbox({ standIns: standInImages(), report: surroundings.report });
  else if (word === 'status') reporter.result(await status(options), JSON.stringify(await status(options), null, 2));
  else {
    const release = await takeFolder(options.folder);
    try {
      return await working(options, reporter, surroundings);
    } finally {
      await release();
    }
  }
  return 0;
}

/** What changes something, and so holds the folder. */
async function working(options: RehearseOptions, reporter: Reporter, surroundings: Surroundings): Promise<number> {
  if (options.word === 'down') {
    await down(options, surroundings.report);
    return 0;
  }
  const record = recorderFor(options, surroundings);
  try {
    if (options.word === 'check') await check(await findSite(options, record), options);
    else {
      const site = await up(options, record, surroundings);
      if (options.word === 'run') await check(site, options);
    }
  } finally {
    if (options.word === 'run' && !options.keep) await down(options, surroundings.report);
    await record.flush();
  }
  const { passed, failed, skipped } = record.data();
  reporter.result(record.data(), `${passed} passed, ${failed} failed, ${skipped} not tried`);
  return failed === 0 ? 0 : 1;
}

async function main(argv: readonly string[]): Promise<number> {
  const reporter = createReporter(argv.includes('--json'));
  try {
    const options = parseOptions(argv);
    if (!options.help) return await run(options, reporter);
    process.stdout.write(usage);
    return 0;
  } catch (thrown) {
    return reporter.fail(thrown instanceof SandboxError ? new RunError(thrown.message) : thrown);
  }
}

process.exitCode = await main(process.argv.slice(2));
