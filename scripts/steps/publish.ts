import { existsSync } from 'node:fs';
import { isGeneratedBody, pullRequestBody } from '../diff/pull-request-body.ts';
import { placedComponents } from '../tree/render.ts';
import { pathsToCommit } from './commit.ts';
import { type BootstrapContext, embeddedRemoteFolder } from './context.ts';
import { probeRemote } from './make-repository.ts';
import { planWithHead } from './plan-cluster.ts';
import { step } from './step.ts';

interface Found {
  branch: string;
  head: string | undefined;
  /** Where the remote branch is; undefined when there is none. */
  there: string | undefined;
  /** In a dry run: something would be committed first. */
  pending: boolean;
}

/** Publishes what is committed: by a push to the branch, or by a branch of its own and a pull request. */
export const publish = step<BootstrapContext, Found, Found>({
  name: 'publish',
  look: async (context) => {
    const { root, cluster, repository, options } = context;
    const { branch } = cluster.git;
    const { head } = await repository.state();
    // A dry run does not make the embedded remote.
    const absent = cluster.embeddedRemote && !existsSync(embeddedRemoteFolder(root));
    const there = options.push && !absent ? (await probeRemote(context))?.branches.get(branch) : undefined;
    if (head !== undefined && head === there) context.published = { commit: head, pushed: false, foreign: [] };
    const pending =
      options.dryRun && (await pathsToCommit(context, await planWithHead(root, cluster, repository))).length > 0;
    return { branch, head, there, pending };
  },
  decide: (found, context) => {
    const { cluster, options } = context;
    const where = cluster.embeddedRemote ? 'the embedded remote (.breakwater/remote.git)' : cluster.repositoryUrl;
    if (!options.push) return { kind: 'skip', message: '--no-push' };
    if (found.head !== undefined && found.head === found.there && !found.pending) {
      return { kind: 'up-to-date', message: `${found.branch} of ${where} has everything (${found.head.slice(0, 12)})` };
    }
    const how =
      publishMode(context) === 'push'
        ? `push to ${found.branch} of ${where}`
        : `push branch ${reviewBranch(cluster.name)} to ${where} and open a pull request`;
    return { kind: 'do', message: how, work: found };
  },
  act: async ({ branch }, context) => {
    const { repository, remote, reporter } = context;
    if (publishMode(context) === 'pull-request') return await publishForReview(context, branch);
    const published = await repository.publish({ remote, branch });
    context.published = published;
    for (const subject of published.foreign) reporter.status(`    found on ${branch}, kept: ${subject}`);
    if (published.localBehind !== undefined) reporter.warn(published.localBehind);
    const commit = published.commit.slice(0, 12);
    return published.pushed ? `pushed ${commit} to ${branch}` : `${branch} has everything already (${commit})`;
  },
});

/** @returns how this run publishes: as the config says, unless --pull-request was given */
export function publishMode({
  cluster,
  options,
}: Pick<BootstrapContext, 'cluster' | 'options'>): 'push' | 'pull-request' {
  return options.pullRequest ? 'pull-request' : cluster.git.publish;
}

/** Name of the branch that a pull request for a cluster is made from. */
function reviewBranch(cluster: string): string {
  return `breakwater/${cluster}`;
}

async function publishForReview(context: BootstrapContext, base: string): Promise<string> {
  const { cluster, repository, remote } = context;
  const review = reviewBranch(cluster.name);
  const published = await repository.publishForReview({ remote, base, review });
  if (!published.toReview) {
    context.published = published;
    return `${base} has everything already (${published.commit.slice(0, 12)})`;
  }
  const host = await context.host();
  const request = {
    base,
    head: review,
    title: `Render cluster ${cluster.name}`,
    body: pullRequestBody({
      cluster: cluster.name,
      changes: await repository.changes(published.base, published.commit),
      waves: new Map(placedComponents(cluster).map(({ component, wave }) => [component.name, wave])),
    }),
    mayReplace: isGeneratedBody,
  };
  // Without an API the pull request is left to the user.
  const url = host.hasApi ? (await host.openPullRequest(request)).url : undefined;
  context.review = { branch: review, ...(url === undefined ? {} : { url }) };
  return url === undefined
    ? `pushed ${review}; open a pull request from it into ${base}`
    : `pushed ${review}; pull request: ${url}`;
}
