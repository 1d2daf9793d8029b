import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argocd } from '../components/argocd.ts';
import type { KubernetesObject } from '../components/component.ts';
import type { Cluster } from '../config/cluster.ts';
import { fetchUpstream } from '../git/upstream.ts';
import { UsageError } from '../report/errors.ts';
import { buildKustomization, type Overlay } from '../tools/kustomize.ts';
import { application } from '../tree/application.ts';
import { placeComponent } from '../tree/place.ts';

/** A source of an Application as it stands in the tree. */
interface GitSource {
  repoURL: string;
  path: string;
  targetRevision: string;
  kustomize?: Overlay;
}

/**
 * Builds Argo CD's own objects from the very source that its Application has in the tree, so that what the bootstrap installs
 * is what Argo CD finds when it begins to manage itself.
 *
 * @param options.keep false: nothing of what is fetched is left behind, for a dry run
 * @throws RunError when the upstream can't be fetched or built; UsageError when it binds an account that is not among its objects
 */
export async function argocdObjects(
  root: string,
  cluster: Cluster,
  options: { keep: boolean },
): Promise<KubernetesObject[]> {
  const kept = join(root, '.breakwater', 'upstream');
  if (options.keep) return await buildSources(cluster, kept);
  const temporary = await mkdtemp(join(tmpdir(), 'breakwater-upstream-'));
  try {
    if (existsSync(kept)) await cp(kept, temporary, { recursive: true });
    return await buildSources(cluster, temporary);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function buildSources(cluster: Cluster, cache: string): Promise<KubernetesObject[]> {
  const built = gitSources(cluster).map(async ({ repoURL, path, targetRevision, kustomize }) => {
    const checkout = await fetchUpstream(cache, {
      repository: repoURL,
      path,
      revision: targetRevision,
    });
    return await buildKustomization(checkout, path, kustomize);
  });
  const objects = (await Promise.all(built)).flat();
  const strangers = strangeSubjects(objects);
  if (strangers.length === 0) return objects;
  throw new UsageError(
    `this Argo CD would grant rights to accounts that it does not include: ${strangers.join('; ')}`,
    {
      hint: `Choose another version (argocd.version, or infrastructure/argocd/upstream.yaml), or fix the patch in infrastructure/argocd/kustomization.yaml that does this.`,
    },
  );
}

interface Binding extends KubernetesObject {
  subjects?: readonly { kind: string; name: string; namespace?: string }[];
}

/** Anyone who may make such an account in that namespace has its rights, and the one that is meant has none. */
function strangeSubjects(objects: readonly KubernetesObject[]): string[] {
  const accounts = new Set(
    objects
      .filter(({ kind }) => kind === 'ServiceAccount')
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
  );
  return objects
    .filter(({ kind }) => kind === 'ClusterRoleBinding' || kind === 'RoleBinding')
    .flatMap(({ kind, metadata, subjects = [] }: Binding) =>
      subjects
        .filter((subject) => subject.kind === 'ServiceAccount')
        .map(({ name, namespace = metadata.namespace }) => `${namespace}/${name}`)
        .filter((account) => !accounts.has(account))
        .map((account) => `${kind} ${metadata.name} to ${account}`),
    );
}

/**
 * The same as a kustomization that fetches the upstream by itself: for a person to build where we could not.
 *
 * @returns one kustomization per source
 */
export function argocdKustomizations(cluster: Cluster): object[] {
  return gitSources(cluster).map(({ repoURL, path, targetRevision, kustomize }) => ({
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [`${repoURL}//${path}?ref=${targetRevision}`],
    ...kustomize,
  }));
}

function gitSources(cluster: Cluster): GitSource[] {
  const { sources } = application(cluster, placeComponent(cluster, argocd, 0), false).spec as { sources: GitSource[] };
  return sources.filter((source) => source.path !== undefined);
}
