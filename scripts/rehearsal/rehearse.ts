import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError, UsageError } from '../report/errors.ts';
import { checks } from './checks/index.ts';
import { kubeflowParts, standInImages } from './kubeflow/index.ts';
import {
  bootstrap,
  cloneRepository,
  clusterName,
  repositoryRoot,
  sandboxSettings,
  stateOf,
  uncommittedFiles,
  writeCluster,
  writeStandIns,
} from './make-site.ts';
import type { RehearseOptions } from './options.ts';
import { createRecorder, type Recorder } from './record.ts';
import { chooseChecks, runChecks } from './run-checks.ts';
import { findSandbox, sandboxDown, sandboxUp } from './sandbox/cluster.ts';
import { chartsOf, repositoriesOf } from './sandbox/of-repository.ts';
import { openSite, type Site } from './site.ts';
import { placesOf, readState, writeState } from './state.ts';
import { watchApplications } from './watch.ts';

/** What a rehearsal needs from who started it. */
export interface Surroundings {
  /** Takes a line of progress. */
  report: (line: string) => void;
  /** Ends it. */
  signal: AbortSignal;
}

/** A recorder for a run in a folder; a record that is there is replaced. */
export function recorderFor(options: RehearseOptions, { report }: Surroundings): Recorder {
  const { word, quick, only } = options;
  const words = ['rehearse', ...(word === 'run' ? [] : [word]), ...(quick ? ['--quick'] : []), ...only];
  return createRecorder(placesOf(options.folder).record, words.join(' '), report);
}

/** A cluster, the repository's copy, and the platform on it. */
export async function up(options: RehearseOptions, record: Recorder, surroundings: Surroundings): Promise<Site> {
  const { folder } = options;
  const { report, signal } = surroundings;
  const places = placesOf(folder);
  if ((await readState(folder)) !== undefined)
    throw new UsageError(`a rehearsal is up in ${folder} already`, {
      hint: 'Use it (npm run rehearse -- check), or end it: npm run rehearse -- down.',
    });
  const left = await uncommittedFiles();
  if (left > 0) report(`note: ${left} files differ from HEAD and are left out: what is committed is rehearsed`);
  const commit = await record.phase('copy the repository', () => cloneRepository(folder));
  record.describe({ versions: { Breakwater: commit } });
  // From here on "down" has something to take away.
  await writeState(folder, stateOf(join(places.sandbox, 'admin.kubeconfig'), 'breakwater-sandbox', true));
  const sandbox = await record.phase('start the cluster', async () =>
    sandboxUp({
      folder: places.sandbox,
      charts: await chartsOf(places.root),
      repositories: { ...(await repositoriesOf()), ...(await writeStandIns(folder)), platform: places.bare },
      standIns: standInImages(),
      report,
    }),
  );
  stopIfAsked(signal);
  const state = await stateIn(folder);
  await writeCluster(
    folder,
    { ...state, ...sandboxSettings(places.root, sandbox), kubeflow: kubeflowParts },
    options.settings,
  );
  const site = await openSite(folder, state, record);
  const stop = watchApplications(site.applications, (times) => record.applications(times));
  try {
    await record.phase('bootstrap', () => bootstrap(site, { report, signal }));
  } finally {
    record.applications(await stop());
  }
  return site;
}

/** The site that "up" has left running. @throws UsageError when there is none */
export async function findSite(options: RehearseOptions, record: Recorder): Promise<Site> {
  return openSite(options.folder, await stateIn(options.folder), record);
}

async function stateIn(folder: string) {
  const state = await readState(folder);
  if (state === undefined)
    throw new UsageError(`nothing is up in ${folder}`, { hint: 'Begin with: npm run rehearse -- up' });
  return state;
}

/** Runs the checks that were asked for. */
export async function check(site: Site, options: RehearseOptions): Promise<void> {
  await runChecks(site, chooseChecks(checks, options));
}

/** Takes away everything but the report, whatever a run that was killed has left. */
export async function down({ folder }: RehearseOptions, report: (line: string) => void): Promise<void> {
  const places = placesOf(folder);
  await sandboxDown(places.sandbox);
  for (const path of [places.sandbox, places.standIns, places.root, places.bare, places.state])
    await rm(path, { recursive: true, force: true });
  report(`all of ${places.folder} is down; what it saw is in ${places.record}`);
}

/** What runs in a folder, for people and machines. */
export async function status({ folder }: RehearseOptions) {
  const state = await readState(folder);
  const sandbox = await findSandbox(placesOf(folder).sandbox);
  return { folder: placesOf(folder).folder, up: state !== undefined, sandbox, cluster: state?.cluster ?? clusterName };
}

function stopIfAsked(signal: AbortSignal): void {
  if (signal.aborted) throw new RunError('the rehearsal was stopped', { hint: `Of ${repositoryRoot}` });
}
