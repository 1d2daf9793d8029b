import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { applicationApi, type LiveApplication } from '../cluster/applications.ts';
import type { Connection } from '../cluster/connect.ts';
import { requirePlatform } from '../cluster/require-platform.ts';
import type { PlatformStatus } from '../cluster/status.ts';
import { type Followed, follow, withoutClock } from '../cluster/watch.ts';
import type { Platform } from '../components/platform.ts';
import type { Cluster } from '../config/cluster.ts';
import { loadAllClusters, loadCluster } from '../config/load.ts';
import { loadTenants } from '../config/tenants.ts';
import { openRepository, type Repository } from '../git/repository.ts';
import { pageHtml } from '../page/page.ts';
import type { Fact, Page } from '../page/types.ts';
import { UsageError } from '../report/errors.ts';
import { orphanedTenantsIfReadable } from '../steps/orphaned-tenants.ts';
import { expectedRoot } from '../steps/registration.ts';
import { certificateEnd, newestCommit, statusOf } from '../steps/status.ts';
import { type StatusLinks, statusLinks } from '../steps/status-links.ts';
import { statusPage } from '../steps/status-page.ts';
import { shortRevision, statusLines, statusText } from '../steps/status-text.ts';
import { placePlatform } from '../tree/place.ts';
import { writeReport } from '../workspace/write-report.ts';
import { chooseCluster } from './choose-cluster.ts';
import { connectTo } from './connect-to.ts';
import { hideSecrets } from './hide-secrets.ts';
import type { InvocationOf } from './invocation.ts';
import { servePage } from './serve-status.ts';

interface Looked {
  platform: Platform;
  connection: Connection;
  repository: Repository;
}

/** `npm run status`: the Applications by wave, the one that the root waits for, and the newest commit in Git. */
export async function run(invocation: InvocationOf<'status'>): Promise<number> {
  const { root, options, reporter } = invocation;
  const served = options.serve === undefined ? undefined : portOf(options.serve);
  const platform = placePlatform(loadCluster(root, chooseCluster(invocation)));
  const { cluster } = platform;
  hideSecrets(invocation, [cluster]);
  const looked = { platform, repository: await openRepository(root), connection: await connectTo(cluster, invocation) };
  await requirePlatform(looked.connection, expectedRoot(cluster), { absent: 'allowed' });
  const watching = options.watch || served !== undefined;
  const status = watching ? await watch(invocation, looked, served) : await look(invocation, looked);
  if (options.html !== undefined) {
    const file = resolve(options.html);
    await writeReport(file, pageHtml(pageOf(looked, status)));
    reporter.status(`wrote ${file}`);
  }
  const shown = watching && !reporter.json;
  reporter.result(status, shown ? '' : statusText(status, process.stdout.isTTY ? process.stdout.columns : undefined));
  return status.ok || watching ? 0 : 1;
}

async function look(
  { root, reporter }: InvocationOf<'status'>,
  { platform, connection, repository }: Looked,
): Promise<PlatformStatus> {
  const { cluster } = platform;
  const [{ items }, newest, seen] = await Promise.all([
    connection.api.list<LiveApplication>(applicationApi, 'Application', { namespace: cluster.argocd.namespace }),
    newestCommit(root, cluster, repository, reporter),
    seenIn(root, cluster, connection),
  ]);
  return statusOf(items, { platform, newest, ...seen, context: connection.context });
}

/** Namespaces of tenants that the checkout no longer has, and the end of the certificate. */
async function seenIn(
  root: string,
  cluster: Cluster,
  connection: Connection,
): Promise<Pick<PlatformStatus, 'keptTenants' | 'certificate'>> {
  const [keptTenants, certificate] = await Promise.all([
    orphanedTenantsIfReadable(connection, cluster, loadTenants(root, loadAllClusters(root))),
    certificateEnd(connection, cluster),
  ]);
  return {
    ...(keptTenants === undefined ? {} : { keptTenants }),
    ...(certificate === undefined ? {} : { certificate }),
  };
}

const stopRefreshing = { text: 'Stop refreshing', path: '/paused' };
const goOn = { text: 'Refresh again', path: '/' };

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return Number(text);
  throw new UsageError(`--serve: ${JSON.stringify(text)} is not a port`, {
    hint: 'Name one from 0 to 65535, such as --serve 8080.',
  });
}

function pageOf(looked: Looked, status: PlatformStatus): Page {
  const links = statusLinks(looked.platform.cluster);
  return statusPage(status, factsOf(looked, status, links), Date.now(), links);
}

function factsOf({ platform: { cluster }, connection }: Looked, { root }: PlatformStatus, links: StatusLinks): Fact[] {
  const commit = (name: string, found: string | undefined, text: string): Fact => ({
    name,
    value: text,
    ...(found === undefined || links.commit === undefined ? {} : { link: links.commit(found) }),
  });
  return [
    { name: 'Context', value: connection.context },
    { name: 'API server', value: `${connection.server}, Kubernetes ${connection.version}` },
    { name: 'Repository', value: cluster.repositoryUrl },
    commit('Git has', root.git.commit, `${shortRevision(root.git.commit ?? 'not known')} (${root.git.revision})`),
    commit('Applied', root.git.applied, shortRevision(root.git.applied ?? 'nothing yet')),
    ...(cluster.knownHost === undefined || links.home === undefined
      ? []
      : [{ name: 'Host', value: cluster.knownHost, link: links.home }]),
  ];
}

/** Milliseconds between two requests to Git, and for kept namespaces. */
const gitPause = 15_000;

/** Shows each change until Ctrl+C: in place on a terminal, line by line elsewhere. @returns the last state */
async function watch(
  { root, reporter }: InvocationOf<'status'>,
  looked: Looked,
  port: number | undefined,
): Promise<PlatformStatus> {
  const { platform, connection, repository } = looked;
  const { cluster } = platform;
  const stop = new AbortController();
  const end = () => stop.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  const state: Followed = { applications: new Map(), current: false, error: undefined };
  const following = follow(connection.api, cluster.argocd.namespace, state, stop.signal);
  const redraw = process.stdout.isTTY === true && !reporter.json && port === undefined;
  const shown = new Map<string, string>();
  let newest = await newestCommit(root, cluster, repository, reporter);
  let seen = await seenIn(root, cluster, connection);
  let asked = Date.now();
  const stateOf = (applications: readonly LiveApplication[]) =>
    statusOf(applications, { platform, newest, ...seen, context: connection.context });
  let status = stateOf([]);
  const page = (paused: boolean) => {
    const made = pageOf(looked, status);
    const lost = state.error instanceof Error ? `The cluster does not answer: ${state.error.message}` : undefined;
    return pageHtml({
      ...made,
      live: paused ? goOn : stopRefreshing,
      ...(lost === undefined ? {} : { verdict: { state: 'bad', text: lost } }),
    });
  };
  const server = port === undefined ? undefined : await servePage(port, page);
  if (server !== undefined) reporter.status(`serving ${server.url} on this machine; stop with Ctrl+C`);
  try {
    while (!stop.signal.aborted) {
      if (Date.now() - asked > gitPause) {
        newest = await newestCommit(root, cluster, repository, reporter);
        seen = await seenIn(root, cluster, connection).catch(() => seen);
        asked = Date.now();
      }
      if (state.current) {
        status = stateOf([...state.applications.values()]);
        const trouble = state.error instanceof Error ? `\nThe cluster does not answer: ${state.error.message}` : '';
        const seen = `${new Date().toISOString().slice(11, 19)} UTC, Ctrl+C to stop`;
        if (redraw) reporter.status(`\x1b[H\x1b[2J${statusText(status, process.stdout.columns)}\n${seen}${trouble}`);
        else for (const line of changes(status, shown)) reporter.status(line);
      }
      await sleep(1000, undefined, { signal: stop.signal }).catch(() => undefined);
    }
    return status;
  } finally {
    stop.abort();
    server?.stop();
    process.off('SIGINT', end).off('SIGTERM', end);
    await following;
  }
}

function changes(status: PlatformStatus, shown: Map<string, string>): string[] {
  const applications = [...status.waves.flatMap((wave) => wave.applications), ...status.tenants, ...status.orphaned];
  const lines = [
    ...applications.map(({ name, sync, health, revision, message }) => [
      name,
      `${name}: ${sync || 'absent'} ${health} ${shortRevision(revision)}${message === '' ? '' : `: ${message}`}`,
    ]),
    ...statusLines(status).map((line, index) => [`line ${index}`, line]),
    ['summary', `${status.summary}.`],
  ];
  return lines.flatMap(([key = '', line = '']) => {
    if (withoutClock(shown.get(key)) === withoutClock(line)) return [];
    shown.set(key, line);
    return [line];
  });
}
