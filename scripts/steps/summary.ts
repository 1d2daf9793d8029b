import { authorityOf } from '../config/schema/host.ts';
import { type BootstrapContext, noConnection } from './context.ts';
import { objectsFolder } from './objects.ts';

/**
 * Explains the state after a run, what was skipped, and what to run next.
 */
export function bootstrapSummary(context: BootstrapContext): string {
  if (context.options.dryRun) return `\nThis was a dry run: nothing was changed. Run it again without --dry-run.`;
  return ['', ...standing(context), ...leftOut(context), ...next(context)].join('\n');
}

function standing({ cluster, connection, options, publication }: BootstrapContext): string[] {
  if (publication.kind === 'review')
    return [`Cluster ${cluster.name} is proposed as a change; nothing is registered yet.`];
  if (connection === undefined) {
    const where = cluster.embeddedRemote ? 'the embedded remote, .breakwater/remote.git' : cluster.repositoryUrl;
    const how = options.push ? `published to ${where}` : 'committed, not pushed';
    return [`The tree of cluster ${cluster.name} is in ${cluster.folder} and ${how}.`];
  }
  if (!options.push) return [];
  return [
    `Cluster ${cluster.name} is registered with Argo CD: root Application ${cluster.argocd.namespace}/${cluster.argocd.root.name}.`,
  ];
}

function leftOut(context: BootstrapContext): string[] {
  const { cluster, planned, connection, options, publication } = context;
  const sentences = [...context.leftOut];
  if (connection !== undefined && !options.push)
    sentences.unshift('the push and the registration. Run it again without --no-push.');
  if (connection === undefined && publication.kind !== 'review')
    sentences.unshift(
      `the cluster, because ${noConnection(cluster)}. The manifests to apply are in ${objectsFolder(cluster.name)}.`,
    );
  const waiting = planned.platform.waiting.map(({ name }) => name);
  if (waiting.length > 0) sentences.push(`${waiting.join(', ')}, until the host is known (host: auto).`);
  return sentences.map((sentence) => `Skipped: ${sentence}`);
}

function next(context: BootstrapContext): string[] {
  const { cluster, connection, options, publication } = context;
  if (publication.kind === 'review')
    return [
      `Next: merge ${publication.url ?? `the branch ${publication.branch} into ${cluster.git.branch}`}, then run it again.`,
    ];
  if (connection === undefined) return nextWithoutCluster(context);
  if (!options.push) return [];
  const { knownHost, loadBalancer } = cluster;
  const address = knownHost === undefined ? [] : [`https://${authorityOf(knownHost, loadBalancer)}/`];
  if (options.wait) return address.map((url) => `Open ${url}`);
  return [
    'Next: run the bootstrap again with --wait to follow the waves.',
    ...address.map((url) => `The platform will be at ${url}`),
  ];
}

function nextWithoutCluster({ cluster }: BootstrapContext): string[] {
  const settings = [
    ...(cluster.embeddedRemote ? ['git.url (a repository that the cluster can reach)'] : []),
    ...(cluster.host.endsWith('example.com') ? ['host'] : []),
  ];
  const set = settings.length === 0 ? '' : ` set ${settings.join(' and ')} in ${cluster.folder}/cluster.yaml, then run`;
  const named = cluster.kubernetes.context === undefined ? ' --context NAME' : '';
  return [
    `Next:${set === '' ? ' run' : set}`,
    `  npm run doctor -- --cluster ${cluster.name}${named}`,
    `  npm run bootstrap -- --cluster ${cluster.name}${named} --wait`,
  ];
}
