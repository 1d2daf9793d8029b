import { UsageError } from '../../report/errors.ts';

/** What a release is checked against. */
export interface ReleaseInputs {
  /** As `v0.2.0`. */
  tag: string;
  changelog: string;
  /** Text of package.json. */
  manifest: string;
  /** `owner/name` of the repository that is released; undefined outside of a workflow. */
  repository: string | undefined;
}

/**
 * The notes of a release: its section of CHANGELOG.md.
 *
 * @throws UsageError when the tag, package.json and the changelog do not name the same version, or copies of the repository would
 *   not learn where releases come from
 */
export function releaseNotes({ tag, changelog, manifest, repository }: ReleaseInputs): string {
  const version = /^v(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$/.exec(tag)?.[1];
  if (version === undefined)
    throw new UsageError(`${JSON.stringify(tag)} is not the tag of a release`, { hint: 'A tag is like v0.2.0.' });
  const { version: packaged, upgradeFrom } = JSON.parse(manifest) as { version?: string; upgradeFrom?: string };
  if (packaged !== version)
    throw new UsageError(`package.json has version ${packaged}, and the tag is ${tag}`, {
      hint: `Run npm version --no-git-tag-version ${version}, commit, and move the tag.`,
    });
  if (repository !== undefined && !(upgradeFrom ?? '').replace(/\.git$/, '').endsWith(`/${repository}`))
    throw new UsageError(`upgradeFrom in package.json is ${upgradeFrom ?? 'not set'}, and ${repository} is released`, {
      hint: `Run npm pkg set upgradeFrom=https://github.com/${repository}.git, so that copies know where releases come from.`,
    });
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.split(/[\s\]]/)[0]?.replace('[', '') === version);
  const notes = section?.slice(section.indexOf('\n')).trim() ?? '';
  if (notes === '')
    throw new UsageError(`CHANGELOG.md has no section for ${version}`, {
      hint: `Rename "## Unreleased" to "## ${version}", commit, and move the tag.`,
    });
  return notes;
}
