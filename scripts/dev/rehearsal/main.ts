/** `npm run rehearse`: options.ts defines its commands, docs/rehearsal.md explains them. */
import { allowClosedPipes } from '../../command-line/closed-pipe.ts';
import { RunError } from '../../report/errors.ts';
import { createReporter, type Reporter, reporterOptions } from '../../report/reporter.ts';
import { buildSandbox } from '../sandbox/cluster.ts';
import { messageOf, SandboxError } from '../sandbox/errors.ts';
import { imageVersionsOf, repositoryRoot } from '../sandbox/of-repository.ts';
import { checks } from './checks/index.ts';
import { findSources, sourceLines } from './kubeflow/sources/find.ts';
import { kubeflowOnSandbox } from './kubeflow/sources/own.ts';
import { takeFolder } from './lock.ts';
import { logText, openShell, statusOf, statusText } from './look-inside.ts';
import { lackForRehearsal } from './needs.ts';
import { type RehearseOptions, rehearseCommandLine } from './options.ts';
import { check, down, findSite, recorderFor, requireNeeds, requireReady, type Surroundings, up } from './rehearse.ts';
import { writeReport } from './report-file.ts';
import { chooseChecks } from './run-checks.ts';

async function run(options: RehearseOptions, reporter: Reporter): Promise<number> {
  const surroundings: Surroundings = { report: (line) => reporter.status(line), signal: stopSignal(reporter) };
  switch (options.word) {
    case 'build':
      requireNeeds(false);
      await buildAll(options, surroundings);
      reporter.result({ built: true }, 'all programs and images are built');
      return 0;
    case 'needs': {
      const lack = lackForRehearsal(options.context !== undefined);
      const kubeflow =
        options.kubeflowSources === undefined ? [] : sourceLines(await findSources(options.kubeflowSources));
      const missing = lack.problems.join('\n') || 'nothing is missing';
      reporter.result({ ...lack, kubeflow }, [missing, ...kubeflow].join('\n'));
      return lack.problems.length === 0 ? 0 : 1;
    }
    case 'logs': {
      const text = logText(options.folder, options.name);
      reporter.result({ log: text.split('\n') }, text);
      return 0;
    }
    case 'status':
    case 'shell': {
      const record = await recorderFor({ ...options, word: 'check' }, surroundings);
      const site = await findSite(options.folder, record, surroundings.signal);
      if (options.word === 'shell') return await openShell(site);
      const status = await statusOf(site);
      reporter.result(status, statusText(status));
      return 0;
    }
    default:
      return await withFolder(options, reporter, surroundings);
  }
}

async function buildAll({ kubeflowSources }: RehearseOptions, { report }: Surroundings): Promise<void> {
  const { fakes, images: moreImages } = await kubeflowOnSandbox(kubeflowSources, report);
  await buildSandbox({ images: imageVersionsOf(repositoryRoot), fakes, moreImages, report });
}

/** Commands that change something, and so lock the folder. */
async function withFolder(options: RehearseOptions, reporter: Reporter, surroundings: Surroundings): Promise<number> {
  // A wrong name is reported before anything starts.
  chooseChecks(checks, options);
  const release = await takeFolder(options.folder);
  try {
    const record = await recorderFor(options, surroundings);
    if (options.word === 'down') {
      await down(options.folder, record, surroundings);
      reporter.result({ down: options.folder }, '');
      return 0;
    }
    return await rehearse(options, reporter, surroundings);
  } finally {
    await release();
  }
}

async function rehearse(options: RehearseOptions, reporter: Reporter, surroundings: Surroundings): Promise<number> {
  const { word, folder, keep } = options;
  const { signal } = surroundings;
  const own = word === 'check' ? undefined : await requireReady(options);
  const record = await recorderFor(options, surroundings);
  let failure: unknown;
  try {
    const site =
      word === 'check' ? await findSite(folder, record, signal) : await up(options, own, record, surroundings);
    if (word === 'up') {
      const status = await statusOf(site);
      reporter.result(status, `${statusText(status)}\n\n${afterUp}`);
      return 0;
    }
    await check(site, options);
  } catch (error) {
    failure = signal.aborted ? new RunError('the rehearsal was stopped') : error;
    record.fail(messageOf(failure));
  }
  // A failed "up" is kept for inspection, unless the user stopped it.
  if ((word === 'run' && !keep) || (word === 'up' && signal.aborted))
    await record.phase('Take it down', () => down(folder, record, surroundings));
  else reporter.status(afterUp);
  const report = await writeReport(options, record.data());
  await record.flush();
  const { passed, failed, skipped } = record.data();
  reporter.status(`${passed} passed, ${failed} failed, ${skipped} not tried; the report: ${report}`);
  if (failure !== undefined) throw failure;
  reporter.result(record.data(), '');
  return failed === 0 ? 0 : 1;
}

const afterUp = 'It keeps running. Next: npm run rehearse -- shell|check|status|logs|down';

/** Ctrl-C stops the run and cleans up; a second one exits immediately, and "down" cleans up later. */
function stopSignal(reporter: Reporter): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(130);
      reporter.warn('stopping; press Ctrl-C again to end at once, and clean up with: npm run rehearse -- down');
      stop.abort();
    });
  }
  return stop.signal;
}

allowClosedPipes();
const argv = process.argv.slice(2);
const reporter = createReporter(reporterOptions(argv));
process.exitCode = await rehearseCommandLine(argv, reporter, async (options) => {
  try {
    return await run(options, reporter);
  } catch (thrown) {
    throw thrown instanceof SandboxError ? new RunError(thrown.message) : thrown;
  }
});
