import { releaseStepLines } from '../components/kubeflow/release-steps.ts';
import { kubeflowVersions } from '../config/schema/component-settings.ts';
import { applicationOf } from './application-file.ts';

/**
 * Compares Kubeflow's release in two states of a cluster's tree.
 *
 * @param before texts by path
 * @returns what the change does once, one sentence each; none where the release stays
 */
export function releaseChangeLines(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const [old, now] = [applicationsOf(before), applicationsOf(after)];
  return releaseStepLines(
    releaseIn(old),
    releaseIn(now),
    (application) => old.has(application) && now.has(application),
  );
}

/** Texts of Kubeflow's Applications by name. */
function applicationsOf(files: ReadonlyMap<string, string>): Map<string, string> {
  return new Map(
    [...files].flatMap(([path, text]) => {
      const name = applicationOf(path)?.name;
      return name?.startsWith('kubeflow-') === true ? [[name, text] as const] : [];
    }),
  );
}

/** The tag that a source fetches, or, beside a commit, the one that an annotation names, as `community-distribution 26.03`. */
function releaseIn(applications: ReadonlyMap<string, string>): string | undefined {
  const named = [...applications.values()].flatMap((text) => [
    ...text.matchAll(/\b(?:community-distribution|targetRevision:) ["']?([\w.-]+)/g),
  ]);
  const tags = new Set(named.map(([, tag]) => tag));
  return kubeflowVersions.find((version) => tags.has(version));
}
