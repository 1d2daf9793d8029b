import { describe, expect, it } from 'vitest';
import { kubeflowVersions } from '../../config/schema/component-settings.ts';
import { releaseStepLines, stepPatches } from './release-steps.ts';
import { releases } from './releases.ts';

const steps = Object.values(releases).flatMap((release) => release.steps);
const all = () => true;

describe('the steps of a release', () => {
  // Whose deletion deletes what people made. A step gives a thing another name, and Argo CD prunes the old one.
  it.each(['CustomResourceDefinition', 'Profile', 'PersistentVolumeClaim', 'Namespace', 'Secret', 'StatefulSet'])(
    'never replace a %s',
    (kind) => {
      expect(steps.filter((step) => step.kind === kind)).toEqual([]);
    },
  );

  it('are each for a source of the release, with a reason and its place', () => {
    expect(steps.length).toBeGreaterThan(0);
    for (const { because, name, patched } of steps) {
      expect(because).toMatch(/\(kubeflow\/community-distribution.+\)$/);
      for (const [from, to] of [name, patched]) expect(from).not.toBe(to);
    }
  });

  it('are patches from their release on, and not before', () => {
    const [before, after] = kubeflowVersions;
    expect(stepPatches(before, 'kubeflow-profiles/profiles')).toEqual([]);
    expect(stepPatches(after, 'kubeflow-dashboard/dashboard')).toEqual([]);
    expect(stepPatches(after, 'kubeflow-profiles/profiles')).toEqual([
      expect.objectContaining({
        target: { group: 'apps', kind: 'Deployment', name: 'profiles-deployment' },
        options: { allowNameChange: true },
      }),
    ]);
  });

  it('are said before an upgrade, and what a revert does', () => {
    const lines = releaseStepLines('26.03', '26.03.1', all);
    expect(lines).toContain(
      'Kubeflow 26.03 → 26.03.1: Deployment kubeflow-system/jobset-manager replaces kubeflow-system/jobset-controller-manager, which Argo CD deletes when the new one is Healthy: its selector differs (kubeflow/community-distribution#3428)',
    );
    expect(lines.filter((line) => line.includes('a later revert drops'))).toHaveLength(2);
    const back = releaseStepLines('26.03.1', '26.03', all).join('\n');
    expect(back).toContain('jobset-controller-manager replaces kubeflow-system/jobset-manager');
    expect(back).toContain("this drops fields that only KServe 0.18's CRDs have");
  });

  it('are said of parts that run, and only where the release changes', () => {
    const only = releaseStepLines('26.03', '26.03.1', (application) => application === 'kubeflow-profiles');
    expect(only).toHaveLength(1);
    for (const [from, to] of [
      ['26.03', '26.03'],
      [undefined, '26.03.1'],
      ['26.03', undefined],
      ['26.01', '26.03'],
    ])
      expect(releaseStepLines(from, to, all)).toEqual([]);
  });
});
