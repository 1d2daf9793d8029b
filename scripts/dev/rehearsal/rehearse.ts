import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError, UsageError } from '../../report/errors.ts';
import { sandboxDown, sandboxUp } from '../sandbox/cluster.ts';
import { chartsOf, imageVersionsOf, repositoriesOf } from '../sandbox/of-repository.ts';
import { checks } from './checks/index.ts';
import { kubeflowParts } from './kubeflow/index.ts';
import { kubeflowOnSandbox } from './kubeflow/sources/own.ts';
import {
  bootstrap,
  cloneRepository,
  pushPast,
  sandboxSettings,
  stateOf,
  uncommittedFiles,
  writeCluster,
  writeFakes,
} from './make-site.ts';
import { lackForRehearsal } from './needs.ts';
import type { RehearseOptions } from './options.ts';
import {
  confirmContext,
  findContext,
  type OwnCluster,
  ownAddress,
  requireEmpty,
  serveRepositories,
  stopServing,
} from './own-cluster.ts';
import { createRecorder, type RecordData, type Recorder } from './record.ts';
import { sandboxReplacements } from './replacements.ts';
import { bootstrapPhase } from './report-page.ts';
import { chooseChecks, runChecks } from './run-checks.ts';
import { openSite, type RehearsalSite } from './site.ts';
import { placesOf, readState, type SiteState, writeState } from './state.ts';
import { ranVersionsOf, versionsOf } from './versions.ts';
import { watchApplications } from './watch.ts';

/** Context of a rehearsal. */
export interface Surroundings {
  /** Takes a line of progress. */
  report: (line: string) => void;
  /** Ends it. */
  signal: AbortSignal;
}

/** A recorder for a run in a folder. "check" continues the record of "up"; all other commands start a new one. */
export async function recorderFor(options: RehearseOptions, { report }: Surroundings): Promise<Recorder> {
  const { word, quick, only, context, kubeflowSources } = options;
  const file = placesOf(options.folder).record;
  const words = [
    'rehearse',
    ...(word === 'run' ? [] : [word]),
    ...(quick ? ['--quick'] : []),
    ...(only.length > 0 ? ['--only', only.join(',')] : []),
    ...(context === undefined ? [] : ['--context', context]),
    ...(kubeflowSources === undefined ? [] : ['--kubeflow-sources', kubeflowSources]),
  ];
  const earlier: RecordData | undefined =
    word === 'check' && existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : undefined;
  return createRecorder({ file, command: words.join(' '), report, earlier });
}

/**
 * Checks before anything is created: that no rehearsal is up, that the machine meets the requirements, and that the cluster is the intended one.
 *
 * @returns the user's own cluster, if one is named
 * @throws UsageError, RunError or SandboxError
 */
export async function requireReady({ word, folder, context, yes }: RehearseOptions): Promise<OwnCluster | undefined> {
  if ((await readState(folder)) !== undefined)
    throw new UsageError(`a rehearsal already runs in ${folder}`, {
      hint: 'Use it: npm run rehearse -- check, or remove it: npm run rehearse -- down.',
    });
  requireNeeds(context !== undefined, word !== 'up');
  if (context === undefined) return undefined;
  const own = await findContext(context);
  await requireEmpty(own);
  await confirmContext(context, yes);
  return own;
}

/** @throws RunError that lists everything that this machine lacks, and how to install it */
export function requireNeeds(own: boolean, checks = true): void {
  const { problems } = lackForRehearsal(own, checks);
  if (problems.length > 0)
    throw new RunError('this machine lacks programs that a rehearsal needs', {
      details: problems.map((problem) => `- ${problem}`),
      ...(own ? {} : { hint: 'On your own cluster, fewer are needed: --context NAME.' }),
    });
}

/** Creates a cluster, a copy of the repository, and the platform. @throws RunError or SandboxError if any of them fails to start */
export async function up(
  options: RehearseOptions,
  own: OwnCluster | undefined,
  record: Recorder,
  { report, signal }: Surroundings,
): Promise<RehearsalSite> {
  const { folder } = options;
  const left = await uncommittedFiles();
  if (left > 0) report(`note: ${left} files differ from HEAD and are skipped: only commits are rehearsed`);
  const commit = await record.phase('Copy the repository', () => cloneRepository(folder));
  const { root, sandbox } = placesOf(folder);
  record.describe({ versions: { Breakwater: commit.slice(0, 12), ...versionsOf(root) } });
  const state =
    own === undefined
      ? stateOf(join(sandbox, 'admin.kubeconfig'), 'breakwater-sandbox', true)
      : stateOf(own.kubeconfig, own.context, false);
  // From here on, "down" has something to remove.
  await writeState(folder, state);
  await (own === undefined ? onSandbox(options, state, record, report) : onOwnCluster(options, state));
  signal.throwIfAborted();
  const site = await openSite(folder, state, { record, signal });
  const stop = watchApplications(site.applications, (times) => record.applications(times));
  try {
    await record.phase(bootstrapPhase, () => bootstrap(site, { report, signal }));
  } finally {
    record.applications(await stop());
  }
  return site;
}

async function onSandbox(
  { folder, settings, kubeflowSources }: RehearseOptions,
  state: SiteState,
  record: Recorder,
  report: (line: string) => void,
): Promise<void> {
  const places = placesOf(folder);
  const kubeflow = await kubeflowOnSandbox(kubeflowSources, report);
  record.describe({
    replacements: sandboxReplacements,
    versions: { ...(await ranVersionsOf(places.root)), ...kubeflow.runs },
  });
  const sandbox = await record.phase('Start the cluster', async () =>
    sandboxUp({
      folder: places.sandbox,
      images: imageVersionsOf(places.root),
      charts: await chartsOf(places.root),
      repositories: {
        ...(await repositoriesOf(places.root)),
        ...(await writeFakes(folder, kubeflow)),
        platform: places.bare,
      },
      fakes: kubeflow.fakes,
      moreImages: kubeflow.images,
      report,
    }),
  );
  const found = sandboxSettings(places.root, sandbox, [...kubeflow.repositories, ...kubeflow.more]);
  await writeCluster(folder, { ...state, ...found, kubeflow: kubeflow.parts }, settings);
}

async function onOwnCluster({ folder, settings, address }: RehearseOptions, state: SiteState): Promise<void> {
  const { bare } = placesOf(folder);
  const gitUrl = `${await serveRepositories(folder, address ?? ownAddress(), { platform: bare })}/platform`;
  await pushPast(folder, gitUrl);
  await writeCluster(folder, { ...state, gitUrl, mirrors: { charts: {}, git: {} }, kubeflow: kubeflowParts }, settings);
}

/** The site that "up" left running. @throws UsageError if there is none, RunError if its cluster has stopped */
export async function findSite(folder: string, record: Recorder, signal: AbortSignal): Promise<RehearsalSite> {
  const state = await stateIn(folder);
  const site = await openSite(folder, state, { record, signal });
  if (state.sandbox && site.sandbox === undefined)
    throw new RunError(`the cluster in ${folder} has stopped`, {
      hint: 'Remove what is left: npm run rehearse -- down. Its logs: npm run rehearse -- logs',
    });
  return site;
}

/** @throws UsageError if no rehearsal is up */
async function stateIn(folder: string): Promise<SiteState> {
  const state = await readState(folder);
  if (state === undefined)
    throw new UsageError(`no rehearsal runs in ${folder}`, { hint: 'Start one: npm run rehearse -- up' });
  return state;
}

/** Runs the requested checks. */
export async function check(site: RehearsalSite, options: RehearseOptions): Promise<void> {
  await mkdir(placesOf(options.folder).pictures, { recursive: true });
  await runChecks(site, chooseChecks(checks, options));
}

/** Removes everything except the report, leftovers of killed runs included. */
export async function down(folder: string, record: Recorder, { report }: Pick<Surroundings, 'report'>): Promise<void> {
  const places = placesOf(folder);
  const state = await readState(folder);
  if (state?.sandbox === false) await leaveOwnCluster(folder, state, record, report);
  await sandboxDown(places.sandbox);
  for (const path of [places.sandbox, places.fakes, places.root, places.bare, places.state])
    await rm(path, { recursive: true, force: true });
  report(`${places.folder} is removed; the report stays in ${places.pictures}`);
}

/** Keeps the user's own cluster; removes the platform with the program's own command. */
async function leaveOwnCluster(
  folder: string,
  state: SiteState,
  record: Recorder,
  report: (line: string) => void,
): Promise<void> {
  // Not the run's signal: after Ctrl-C, too, the platform is removed from the user's cluster.
  const site = await openSite(folder, state, { record, signal: new AbortController().signal });
  const words = ['uninstall', '--cluster', site.cluster, '--context', site.context, '--yes', '--delete-data'];
  const { code } = await site.program(words, { onLine: report });
  await stopServing(folder);
  if (code !== 0) report(`warning: the platform could not be removed from ${site.context}: delete that cluster`);
}
