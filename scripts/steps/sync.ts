import { applicationApi, type LiveApplication } from '../cluster/applications.ts';
import type { Connection } from '../cluster/connect.ts';
import type { Wave } from '../cluster/progress.ts';
import type { Newest } from '../cluster/status.ts';
import { type Haste, hasteFor, takeNewest } from '../cluster/take-newest.ts';
import { watchPlatform } from '../cluster/watch.ts';
import type { Cluster } from '../config/cluster.ts';
import { RunError } from '../report/errors.ts';
import type { Reporter } from '../report/reporter.ts';
import { type Decision, step } from './step.ts';

/** Shared by the steps of a sync. */
interface SyncContext {
  readonly cluster: Cluster;
  readonly waves: readonly Wave[];
  readonly connection: Connection;
  readonly newest: Newest;
  readonly reporter: Reporter;
  readonly wait: boolean;
  readonly timeoutMinutes: number;
}

function rootOf({ cluster }: SyncContext) {
  const { root, namespace } = cluster.argocd;
  return { apiVersion: applicationApi, kind: 'Application', metadata: { name: root.name, namespace } };
}

const takeNewestCommit = step<SyncContext, LiveApplication, undefined, LiveApplication>({
  name: 'sync',
  check: async (context) => {
    const root = rootOf(context);
    const live = await context.connection.api.find<LiveApplication>(root);
    if (live === undefined || live.metadata.deletionTimestamp !== undefined) {
      const state = live === undefined ? 'does not exist' : 'is being deleted';
      throw new RunError(`the root Application ${root.metadata.namespace}/${root.metadata.name} ${state}`, {
        hint: `Register it: npm run bootstrap -- --cluster ${context.cluster.name}`,
      });
    }
    return live;
  },
  look: async (_, live) => live,
  decide: (live, { newest }) => decide(live.metadata.name, hasteFor(live, newest.commit), newest),
  act: async (_, context) => {
    const root = rootOf(context);
    const { ended, how, commit } = await takeNewest(context.connection.api, root, context.newest.commit);
    const at = commit === undefined ? '' : ` ${commit.slice(0, 7)}`;
    const done = {
      auto: `Argo CD has started${at}`,
      asked: `requested${at}, and Argo CD has started it`,
      current: `${at.trim() || 'the commit in Git'} is already applied: nothing to sync`,
    }[how];
    return `${ended === undefined ? '' : `ended the operation at ${ended.slice(0, 7)}; `}${done}`;
  },
});

function decide(root: string, haste: Haste, { commit, revision }: Newest): Decision<undefined> {
  const newest = commit === undefined ? `the newest commit of ${revision}` : `${revision} at ${commit.slice(0, 7)}`;
  switch (haste.kind) {
    case 'nothing':
      return { kind: 'up-to-date', message: `${root} ${haste.why}` };
    case 'ending':
      return { kind: 'do', message: `wait for ${root}'s operation to finish, then apply ${newest}`, work: undefined };
    case 'end': {
      const at = haste.at === undefined ? '' : ` at ${haste.at.slice(0, 7)}`;
      return { kind: 'do', message: `end ${root}'s operation${at}, then apply ${newest}`, work: undefined };
    }
    case 'start':
      return { kind: 'do', message: `have ${root} apply ${newest}`, work: undefined };
  }
}

const waitForWaves = step<SyncContext, void, undefined>({
  name: 'wait',
  look: async () => undefined,
  decide: (_, { wait, timeoutMinutes }) =>
    wait
      ? { kind: 'do', message: `wait up to ${timeoutMinutes} minutes until every wave is Healthy`, work: undefined }
      : { kind: 'skip', message: 'add --wait to follow the waves' },
  act: async (_, { cluster, waves, connection, newest, reporter, timeoutMinutes }) => {
    const { line } = await watchPlatform(connection, {
      root: cluster.argocd.root.name,
      namespace: cluster.argocd.namespace,
      waves,
      ...(newest.commit === undefined ? {} : { commit: newest.commit }),
      timeoutSeconds: timeoutMinutes * 60,
      report: (text) => reporter.status(`    ${text}`),
    });
    return line;
  },
});

/** Applies the newest commit at once, and with --wait follows it through the waves. */
export const syncSteps = [takeNewestCommit, waitForWaves];
