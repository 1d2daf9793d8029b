import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../components/component.ts';
import type { DeniedKind } from '../../../config/schema/denied.ts';
import { renderUpstream } from './render-upstream.ts';
import { openScenario } from './scenarios.ts';

interface Rule {
  apiGroups?: readonly string[];
  resources?: readonly string[];
  verbs: readonly string[];
}

const label = /^rbac\.authorization\.(k8s\.io\/aggregate-to-|kubeflow\.org\/aggregate-to-kubeflow-)(edit|admin)$/;
const writes = ['*', 'create', 'update', 'patch', 'delete', 'deletecollection'];

/** @returns what charts add to the roles of tenants' people, as `group/resource`; subresources are no one's to write but with the object */
function aggregated(objects: readonly KubernetesObject[]): string[] {
  const rights = objects
    .filter(
      ({ kind, metadata }) =>
        kind === 'ClusterRole' && Object.keys(metadata.labels ?? {}).some((key) => label.test(key)),
    )
    .flatMap(({ rules }) => (rules ?? []) as Rule[])
    .filter(({ verbs }) => verbs.some((verb) => writes.includes(verb)))
    .flatMap(({ apiGroups = [], resources = [] }) =>
      apiGroups.flatMap((group) => resources.map((resource) => `${group}/${resource.split('/')[0]}`)),
    );
  return [...new Set(rights)].sort();
}

function isDenied(right: string, denied: readonly DeniedKind[]): boolean {
  const [group = '', resource = ''] = right.split('/');
  return denied.some((entry) => entry.group === group && (entry.kind === '*' || entry.resource === resource));
}

describe('what the charts add to the role "edit"', () => {
  it.each(['demo', 'auto-metallb'])(
    'of %s is nothing that infrastructure/tenant/denied.yaml does not refuse',
    async (name) => {
      const scenario = await openScenario(name);
      try {
        const rendered = await renderUpstream(scenario);
        const rights = aggregated([...rendered.values()].flat());
        expect(rights.filter((right) => !isDenied(right, scenario.cluster.shared.denied))).toEqual([]);
        expect(aggregated(rendered.get('cert-manager') ?? [])).toEqual([]);
      } finally {
        scenario.remove();
      }
    },
  );

  it('is refused whole where cert-manager adds its own after all', async () => {
    const scenario = await openScenario('demo', { 'cert-manager': 'global: {rbac: {aggregateClusterRoles: true}}\n' });
    try {
      const rights = aggregated((await renderUpstream(scenario, ['cert-manager'])).get('cert-manager') ?? []);
      expect(rights).toContain('cert-manager.io/certificates');
      expect(rights).toContain('acme.cert-manager.io/orders');
      expect(rights.filter((right) => !isDenied(right, scenario.cluster.shared.denied))).toEqual([]);
    } finally {
      scenario.remove();
    }
  });
});
