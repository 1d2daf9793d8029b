import type { Api } from '../cluster/api.ts';
import type { LiveApplication } from '../cluster/applications.ts';
import type { LiveObject } from '../cluster/live.ts';
import { appliedByUs } from '../cluster/owner.ts';
import { dex, dexGroup } from '../components/dex.ts';
import { clusterLabel } from '../components/domain.ts';
import { type AnyStep, step } from './step.ts';
import type { UninstallContext } from './uninstall-context.ts';

interface Definition extends LiveObject {
  spec: { group: string };
}

/**
 * Finds the platform's CRDs. Argo CD leaves its mark on everything but these, and knows them by the status of an Application alone
 * (https://github.com/argoproj/argo-cd/blob/v3.5.7/reposerver/repository/repository.go, GenerateManifests); Dex makes its own.
 *
 * @param applications those of the platform that are there
 * @returns CRDs that they deployed, those that the bootstrap applied, and those that an earlier uninstall has marked
 */
export async function findDefinitions(api: Api, applications: readonly LiveApplication[]): Promise<LiveObject[]> {
  const deployed = new Set(
    applications
      .flatMap(({ status }) => status?.resources ?? [])
      .filter(({ kind }) => kind === 'CustomResourceDefinition')
      .map(({ name }) => name),
  );
  const hasDex = applications.some(({ metadata }) => metadata.name === dex.name);
  const { items } = await api.list<Definition>('apiextensions.k8s.io/v1', 'CustomResourceDefinition');
  return items.filter(
    (item) => deployed.has(item.metadata.name) || (hasDex && item.spec.group === dexGroup) || appliedByUs(item),
  );
}

/** Marks the CRDs, before the Applications go that name them: so that a run that was killed is gone on with. */
export const markDefinitions: AnyStep<UninstallContext> = step<
  UninstallContext,
  readonly LiveObject[],
  readonly LiveObject[]
>({
  name: 'mark',
  look: async ({ cluster, definitions }) =>
    definitions.filter(({ metadata }) => metadata.labels?.[clusterLabel] !== cluster.name),
  decide: (unmarked) =>
    unmarked.length === 0
      ? { kind: 'up-to-date', message: 'nothing to mark' }
      : { kind: 'do', message: `mark ${unmarked.length} CRDs as this cluster's own`, work: unmarked },
  act: async (unmarked, { cluster, connection: { api } }) => {
    for (const { apiVersion, kind, metadata } of unmarked)
      await api.merge(
        { apiVersion, kind, metadata: { name: metadata.name } },
        { metadata: { labels: { [clusterLabel]: cluster.name } } },
      );
    return `${unmarked.length} CRDs marked as this cluster's own`;
  },
});
