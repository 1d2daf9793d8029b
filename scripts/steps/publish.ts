import { existsSync } from 'node:fs';
import { isGeneratedBody, pullRequestBody } from '../diff/pull-request-body.ts';
import { UsageError } from '../report/errors.ts';
import { pathsToCommit } from './commit.ts';
import type { BootstrapContext, Publication } from './context.ts';
import { embeddedRemoteFolder } from './git-access.ts';
import { probeRemote } from './make-repository.ts';
import { requireValid } from './require-valid.ts';
import { type Done, step } from './step.ts';

interface Found {
  head: string | undefined;
  /** Commit of the remote branch; undefined when there is none. */
  there: string | undefined;
  /** In a dry run: whether something would be committed first. */
  pending: boolean;
}

/** Publishes the commits: by a push to the branch, or by a separate branch and a pull request. */
export const publishCommits = step<BootstrapContext, Found, undefined>({
  name: 'publish',
  check: requirePublishable,
  look: async (context) => {
    const { cluster, repository, options } = context;
    const { head } = await repository.state();
    const there = asksRemote(context) ? (await probeRemote(context))?.branches.get(cluster.git.branch) : undefined;
    return { head, there, pending: options.dryRun && (await pathsToCommit(context)).length > 0 };
  },
  decide: ({ head, there, pending }, context) => {
    const { cluster, options } = context;
    const { branch } = cluster.git;
    const where = cluster.embeddedRemote ? 'the embedded remote (.breakwater/remote.git)' : cluster.repositoryUrl;
    if (!options.push) return { kind: 'skip', message: '--no-push' };
    const same = head !== undefined && head === there;
    const next = same ? withPublication(context, { kind: 'published', commit: head, foreign: [] }) : context;
    if (same && !pending)
      return { kind: 'up-to-date', message: `${branch} of ${where} is up to date (${head.slice(0, 12)})`, next };
    const how =
      publishMode(context) === 'push'
        ? `push to ${branch} of ${where}`
        : `push branch ${reviewBranch(cluster.name)} to ${where} and open a pull request`;
    return { kind: 'do', message: how, work: undefined, next };
  },
  act: async (_, context) => {
    const { repository, remote, reporter, cluster } = context;
    const { branch } = cluster.git;
    if (publishMode(context) === 'pull-request') return await publishForReview(context, branch);
    const { pushed, ...published } = await repository.publish({ remote, branch });
    for (const subject of published.foreign) reporter.status(`    kept existing commit on ${branch}: ${subject}`);
    if (published.localBehind !== undefined) reporter.warn(published.localBehind);
    const commit = published.commit.slice(0, 12);
    return {
      message: pushed ? `pushed ${commit} to ${branch}` : `${branch} is up to date (${commit})`,
      next: withPublication(context, { kind: 'published', ...published }),
    };
  },
});

function withPublication(context: BootstrapContext, publication: Publication): BootstrapContext {
  return { ...context, publication };
}

/** @returns whether to ask the remote: not without a push, nor for an embedded remote that a dry run did not create */
function asksRemote({ root, cluster, options }: BootstrapContext): boolean {
  return options.push && !(cluster.embeddedRemote && !existsSync(embeddedRemoteFolder(root)));
}

/** @throws UsageError, RunError when the branch, the remote, or the commits to push prevent publishing */
async function requirePublishable(context: BootstrapContext): Promise<void> {
  const { cluster, repository, remote, publication } = context;
  const { branch } = cluster.git;
  const mode = publishMode(context);
  const state = await repository.state();
  if (mode === 'push' && state.branch !== branch) {
    const make = (await repository.hasBranch(branch)) ? '' : '-c ';
    throw new UsageError(
      `you are on branch ${state.branch ?? '(none)'}, but cluster ${cluster.name} is published to ${branch}`,
      { hint: `Run "git switch ${make}${branch}", or set git.branch in ${cluster.folder}/cluster.yaml.` },
    );
  }
  const first = publication.kind === 'none';
  if (first) await warnOfSurprises(context, state.shallow);
  const asked = asksRemote(context);
  const found = asked ? await (first ? context.remoteAtStart() : probeRemote(context)) : undefined;
  const there = found?.branches.get(branch);
  const nothingToSend = there !== undefined && there === state.head && (await pathsToCommit(context)).length === 0;
  // After commits of others, check everything: the cluster will read it.
  await requireValid(context, !(nothingToSend && first));
  // A repository that the run creates cannot refuse.
  if (found === undefined) return;
  if (there !== undefined && there !== state.head) await repository.requireRelated({ remote, branch });
  // Recovery onto a new cluster needs no write access.
  if (!nothingToSend && mode === 'push') await repository.requirePushable({ remote, branch });
}

async function warnOfSurprises({ cluster, repository, remote, reporter, options }: BootstrapContext, shallow: boolean) {
  if (shallow)
    reporter.warn(
      'this is a shallow clone: if the remote has new commits, the run may have to stop. To avoid that: git fetch --unshallow',
    );
  const other = options.push ? await repository.rewrittenUrl(remote.url) : undefined;
  if (other !== undefined)
    reporter.warn(
      `git rewrites ${remote.url} to ${other} (url.*.insteadOf in your git settings): this run publishes there, with git's credentials for it, and Argo CD reads ${cluster.repositoryUrl}`,
    );
}

/** @returns how this run publishes: --pull-request overrides the config */
function publishMode({ cluster, options }: Pick<BootstrapContext, 'cluster' | 'options'>): 'push' | 'pull-request' {
  return options.pullRequest ? 'pull-request' : cluster.git.publish;
}

/** Branch of a cluster's pull request. */
function reviewBranch(cluster: string): string {
  return `breakwater/${cluster}`;
}

async function publishForReview(context: BootstrapContext, base: string): Promise<Done<BootstrapContext>> {
  const { cluster, planned, repository, remote } = context;
  const branch = reviewBranch(cluster.name);
  const published = await repository.publishForReview({ remote, base, review: branch });
  const { commit, foreign } = published;
  if (!published.toReview)
    return {
      message: `${base} is up to date (${commit.slice(0, 12)})`,
      next: withPublication(context, { kind: 'published', commit, foreign }),
    };
  const host = await context.access.host();
  const request = {
    base,
    head: branch,
    title: `Render cluster ${cluster.name}`,
    body: pullRequestBody({
      cluster: cluster.name,
      changes: await repository.changes(published.base, commit),
      waves: new Map(planned.platform.placed.map(({ component, wave }) => [component.name, wave])),
    }),
    mayReplace: isGeneratedBody,
  };
  // Without an API the pull request is left to the user.
  const url = host.hasApi ? (await host.openPullRequest(request)).url : undefined;
  return {
    message:
      url === undefined
        ? `pushed ${branch}; open a pull request from it into ${base}`
        : `pushed ${branch}; pull request: ${url}`,
    next: withPublication(context, { kind: 'review', branch, ...(url === undefined ? {} : { url }) }),
  };
}
