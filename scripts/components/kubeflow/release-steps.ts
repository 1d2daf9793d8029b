import type { KustomizePatch } from '../../config/cluster.ts';
import { type KubeflowVersion, kubeflowVersions } from '../../config/schema/component-settings.ts';
import { yamlText } from '../yaml-text.ts';
import { type ReleaseStep, releases } from './releases.ts';

/** Releases up to a version, oldest first. */
function upTo(version: KubeflowVersion): readonly KubeflowVersion[] {
  return kubeflowVersions.slice(0, kubeflowVersions.indexOf(version) + 1);
}

/** @returns the patches that carry out the steps of all releases up to a version, for one source */
export function stepPatches(version: KubeflowVersion, folder: string): KustomizePatch[] {
  return upTo(version)
    .flatMap((release) => releases[release].steps)
    .filter((step) => step.folder === folder)
    .map(({ group, kind, patched: [from, to] }) => ({
      target: { group, kind, name: from },
      patch: yamlText([
        { op: 'test', path: '/metadata/name', value: from },
        { op: 'replace', path: '/metadata/name', value: to },
      ]),
      options: { allowNameChange: true },
    }));
}

/**
 * What a change of the release does once, for people.
 *
 * @param from the release that runs; undefined or unknown: Kubeflow is new
 * @param runs whether an Application is in the tree
 * @returns one sentence for each step, and for what a revert does to data
 */
export function releaseStepLines(
  from: string | undefined,
  to: string | undefined,
  runs: (application: string) => boolean,
): string[] {
  const position = (version: string | undefined) => (kubeflowVersions as readonly string[]).indexOf(version ?? '');
  const [before, after] = [position(from), position(to)] as const;
  if (before < 0 || after < 0 || before === after) return [];
  const back = after < before;
  const passed = kubeflowVersions.slice(Math.min(before, after) + 1, Math.max(before, after) + 1);
  const steps = passed
    .flatMap((release) => releases[release].steps)
    .filter(({ folder }) => runs(applicationOf(folder)));
  const onRevert = passed
    .flatMap((release) => releases[release].onRevert)
    .filter(({ application }) => runs(application));
  return [
    ...steps.map((step) => `Kubeflow ${from} → ${to}: ${stepText(step, back)}`),
    ...onRevert.map(({ text }) => `Kubeflow ${from} → ${to}: ${back ? 'this' : 'a later revert'} ${text}`),
  ];
}

function applicationOf(folder: string): string {
  return folder.split('/')[0] ?? '';
}

function stepText({ kind, namespace, name, because }: ReleaseStep, back: boolean): string {
  const [old, now] = (back ? name.toReversed() : name).map((one) =>
    namespace === undefined ? one : `${namespace}/${one}`,
  );
  return `${kind} ${now} replaces ${old}, which Argo CD deletes when the new one is Healthy: ${because}`;
}
