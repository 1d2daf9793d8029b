import { waitingForHost } from '../components/index.ts';
import type { BootstrapContext } from './context.ts';
import { folderOf } from './objects.ts';

/**
 * Says in plain words how things stand after a run, what was left out, and what to run next.
 */
export function summary(context: BootstrapContext): string {
  const { cluster, connection, options, review } = context;
  if (options.dryRun) return `\nThis was a dry run: nothing was changed. Run it again without --dry-run.`;
  const lines = [''];
  const waiting = waitingForHost(cluster);
  if (review !== undefined) {
    lines.push(`Cluster ${cluster.name} is proposed as a change; nothing is registered yet.`);
    lines.push(
      `Next: merge ${review.url ?? `the branch ${review.branch} into ${cluster.git.branch}`}, then run this again.`,
    );
  } else if (connection === undefined) {
    const where = cluster.embeddedRemote ? 'the embedded remote, .breakwater/remote.git' : cluster.repositoryUrl;
    lines.push(
      options.push
        ? `The tree of cluster ${cluster.name} is in ${cluster.folder} and published to ${where}.`
        : `The tree of cluster ${cluster.name} is in ${cluster.folder} and committed, not pushed.`,
    );
    lines.push(
      `Left out: no Kubernetes context is named, so no cluster was told. What it would be told is in ${folderOf(cluster.name)}.`,
    );
    lines.push(...nextWithoutCluster(context));
  } else if (!options.push) {
    lines.push(`Left out: the push, and so the registration; run it again without --no-push.`);
  } else {
    lines.push(
      `Cluster ${cluster.name} is registered with Argo CD: root Application ${cluster.argocd.namespace}/${cluster.argocd.root.name}.`,
    );
    if (cluster.knownHost !== undefined && options.wait) lines.push(`Open https://${cluster.knownHost}/`);
    if (!options.wait) lines.push('Next: run it again with --wait to watch the waves.');
  }
  if (waiting.length > 0)
    lines.push(
      `Left out until the host is known (host: auto): ${waiting.map((component) => component.name).join(', ')}.`,
    );
  return lines.join('\n');
}

function nextWithoutCluster({ cluster }: BootstrapContext): string[] {
  const settings = [
    ...(cluster.embeddedRemote ? ['git.url (a repository that the cluster can reach)'] : []),
    ...(cluster.host.endsWith('example.com') ? ['host'] : []),
  ];
  const set = settings.length === 0 ? '' : ` set ${settings.join(' and ')} in ${cluster.folder}/cluster.yaml, then run`;
  return [
    `Next:${set === '' ? ' run' : set}`,
    `  npm run doctor -- --cluster ${cluster.name} --context NAME`,
    `  npm run bootstrap -- --cluster ${cluster.name} --context NAME --wait`,
  ];
}
