import * as z from 'zod';

/** An exact chart version. Helm reads 1.2 and 1.2.x as ranges, which would change a cluster without a commit. */
export const exactVersion = /^v?\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$/;

/** A tag, and not a name that moves. */
const fixed = /^(?!(latest|stable|main|master|head|develop|HEAD)$)[^\s*^~<>=|]+$/;

/** A repository's address, which becomes an entry of an AppProject's sourceRepos: Argo CD reads `*` there as a pattern. */
export function repository(address: RegExp, message: string) {
  return z
    .string()
    .regex(address, { abort: true, error: message })
    .regex(/^[^*]*$/, 'must not contain "*": its AppProject would permit other repositories');
}

/** A version or tag. With a leading "-", helm and git would read it as an option. */
function pin(description: string) {
  return z
    .string()
    .min(1, 'must not be empty')
    .regex(/^(?!-)/, { abort: true, error: 'must not start with "-"' })
    .regex(fixed, 'must be one version, not a branch, a range or "latest"')
    .describe(description);
}

/** An image that is newer than the chart's default. */
const image = z.strictObject({
  repository: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.:-]*(\/[a-z0-9._-]+)+$/, 'must be an image with its registry, without a tag')
    .describe('Image with its registry.'),
  version: pin('Pinned tag. Renovate updates it here.'),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'must be a digest: sha256: and 64 characters of 0-9 and a-f')
    .optional()
    .describe('Digest of the tag. Renovate writes it, on the line after version.'),
});

/** infrastructure/<component>/upstream.yaml for a Helm chart. */
export const chart = z.strictObject({
  chart: z
    .string()
    // Helm would read a leading "-" as an option.
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/, 'must be the name of a chart')
    .describe('Name of the chart in its repository.'),
  repository: repository(
    /^(https|oci):\/\/\S+[^/\s]$/,
    'must be an https:// or oci:// address without a "/" at the end',
  ).describe('Helm repository (https:// or oci://).'),
  version: z
    .string()
    .regex(exactVersion, 'must be one version, such as 1.2.3')
    .describe('Pinned version. Renovate updates it here.'),
  image: image.optional().describe("Image to use in place of the chart's default."),
});

/** infrastructure/<component>/upstream.yaml or apps/<app>/upstream.yaml for kustomizations in a Git repository. */
export const kustomization = z.strictObject({
  repository: repository(/^https:\/\/\S+[^/\s]$/, 'must be an https:// address without a "/" at the end').describe(
    'Git repository.',
  ),
  path: z
    .string()
    .regex(/^(?!-)[^\s/]+(\/[^\s/]+)*$/, 'must be a folder of the repository, for example a/b')
    .refine((path) => !path.split('/').includes('..'), 'must not leave the repository')
    .optional()
    .describe('Folder of the kustomization.'),
  version: pin('Pinned tag. Renovate updates it here.'),
  commit: z
    .string()
    .regex(/^[0-9a-f]{40}$/, 'must be a full commit id: 40 characters of 0-9 and a-f')
    .optional()
    .describe(
      'Commit of the tag. Argo CD fetches this commit, since a tag can move. Renovate updates both; keep it on the line after version.',
    ),
});

export const upstreamFile = z.union([chart, kustomization]);

export type ChartUpstream = z.output<typeof chart>;
export type KustomizeUpstream = z.output<typeof kustomization>;
export type Upstream = z.output<typeof upstreamFile>;
