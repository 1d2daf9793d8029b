import { z } from 'zod';

/** An image whose version the chart lags behind. */
const image = z.strictObject({
  repository: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.:-]*(\/[a-z0-9._-]+)+$/, 'must be an image with its registry, without a tag')
    .describe('Image with its registry.'),
  version: z.string().min(1, 'must not be empty').describe('Pinned tag; Renovate raises it here.'),
});

/** infrastructure/<component>/upstream.yaml of a Helm chart. */
export const chart = z.strictObject({
  chart: z.string().min(1, 'must not be empty').describe("The chart's name in its repository."),
  repository: z
    .string()
    .regex(/^(https|oci):\/\/\S+[^/\s]$/, 'must be an https:// or oci:// address without a "/" at the end')
    .describe('Helm repository, classic or OCI.'),
  version: z.string().min(1, 'must not be empty').describe('Pinned version; Renovate raises it here.'),
  image: image.optional().describe("Image to run in place of the chart's own default."),
});

/** infrastructure/<component>/upstream.yaml or apps/<app>/upstream.yaml of kustomizations in a Git repository. */
export const kustomization = z.strictObject({
  repository: z
    .string()
    .regex(/^https:\/\/\S+[^/\s]$/, 'must be an https:// address without a "/" at the end')
    .describe('Git repository.'),
  path: z.string().min(1, 'must not be empty').optional().describe('Folder of the kustomization.'),
  version: z.string().min(1, 'must not be empty').describe('Pinned tag; Renovate raises it here.'),
});

export const upstreamFile = z.union([chart, kustomization]);

export type ChartUpstream = z.output<typeof chart>;
export type KustomizeUpstream = z.output<typeof kustomization>;
export type Upstream = z.output<typeof upstreamFile>;
