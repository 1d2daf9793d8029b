import type { Cluster } from '../config/cluster.ts';
import type { Repository } from '../git/repository.ts';
import type { Host, HostedRepository, TokenUse } from '../hosts/host.ts';
import { isKeyOf } from '../steps/deploy-key.ts';
import { type GitAccess, resolveGitAccess } from '../steps/git-access.ts';
import { probeRemote } from '../steps/make-repository.ts';
import { attempt, type Found } from './doctor-checks.ts';
import type { InvocationOf } from './invocation.ts';

/** Checks the remote and its host: what is there, and what the token may do. */
export async function checkRemote(
  { root, reporter }: InvocationOf<'doctor'>,
  cluster: Cluster,
  repository: Repository,
  found: Found,
): Promise<void> {
  if (cluster.embeddedRemote)
    return found('remote', 'note', 'no git.url: the embedded remote is used, which no cluster can reach');
  if (cluster.repositoryUrl.startsWith('file:'))
    found('git.url', 'note', `${cluster.repositoryUrl} is a folder of this machine, which no cluster can reach`);
  await attempt('remote', found, async () => {
    const access = resolveGitAccess(root, cluster, reporter);
    access.trust();
    const remote = await access.push();
    const state = await probeRemote({ cluster, repository, remote, access });
    if (state === undefined) {
      const { create } = cluster.git;
      return found(
        'remote',
        'note',
        `${cluster.repositoryUrl} does not exist yet; the bootstrap creates it (${create})`,
      );
    }
    await checkHost(cluster, access, found);
    const other = await repository.rewrittenUrl(remote.url);
    if (other !== undefined) found('remote', 'note', `your git settings rewrite ${remote.url} to ${other} (insteadOf)`);
    const there = state.branches.get(cluster.git.branch);
    found(
      'remote',
      'ok',
      `${cluster.repositoryUrl} is reachable; ${cluster.git.branch} is ${there === undefined ? 'not pushed yet' : `at ${there.slice(0, 12)}`}`,
    );
    if (cluster.git.publish === 'push') {
      await repository.requirePushable({ remote, branch: cluster.git.branch });
      found(
        'push',
        'ok',
        `${cluster.git.branch} accepts a dry-run push; a protected branch shows only at the real push`,
      );
    }
  });
}

/** Checks the Git host's API, where it is needed besides git itself. */
async function checkHost(cluster: Cluster, { deployKey, host: hostOf }: GitAccess, found: Found): Promise<void> {
  const { webhook, publish } = cluster.git;
  const uses: readonly TokenUse[] = [
    ...(publish === 'pull-request' ? (['pulls'] as const) : []),
    ...(deployKey ? (['keys'] as const) : []),
    ...(webhook ? (['hooks'] as const) : []),
  ];
  if (uses.length === 0) return;
  const host = await hostOf();
  if (!host.hasApi) return found('git host', 'note', 'no known API, or no token: open pull requests by hand');
  await attempt('git host', found, async () => {
    const state = await host.repository();
    if (state === undefined)
      found('git host', 'missing', `${host.name} does not show ${cluster.repositoryUrl} to the token`);
    else if (state.archived) found('git host', 'missing', `${host.name}: the repository is archived and read-only`);
    else await checkRights(host, state, uses, found);
    if (deployKey) {
      const key = (await host.deployKeys()).find((entry) => isKeyOf(cluster.name, entry));
      if (key?.readOnly === true) found('deploy key', 'ok', `"${key.title}" exists and is read-only`);
      else found('deploy key', 'note', 'does not exist yet; the bootstrap adds it');
    }
  });
}

/** What cannot be done without each right. */
const useNames: Readonly<Record<TokenUse, string>> = {
  pulls: 'open pull requests',
  keys: 'add a deploy key',
  hooks: 'set a webhook',
};

async function checkRights(host: Host, { visibility }: HostedRepository, uses: readonly TokenUse[], found: Found) {
  const missing = await host.missingRights();
  const refused = uses.flatMap((use) =>
    missing[use] === undefined ? [] : [{ name: useNames[use], needs: missing[use] }],
  );
  for (const { name, needs } of refused)
    found('git host', 'missing', `${host.name}: the token may not ${name}. ${needs}`);
  if (refused.length > 0) return;
  const may = uses.map((use) => useNames[use]).join(', ');
  found('git host', 'ok', `${host.name}: the repository is ${visibility}; the token seems able to ${may}`);
}
