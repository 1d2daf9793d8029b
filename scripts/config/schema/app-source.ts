import * as z from 'zod';
import { chart, kustomization } from './upstream.ts';

const manifests = z.strictObject({
  manifests: z.literal(true).describe('Plain manifests in manifests/*.yaml next to app.yaml, one object per file.'),
});

const installed = z.strictObject({
  installed: z.literal(true).describe('Already installed as part of the platform: only the route is created.'),
});

/** Source of an app's objects. */
export const appSource = z
  .union([
    chart.omit({ image: true }).extend({
      release: z
        .string()
        .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'use lower-case letters, digits and "-"')
        .max(53, "at most 53 characters: Helm's limit")
        .optional()
        .describe("Helm release name. Default: the app's name."),
    }),
    kustomization.required({ path: true }).extend({
      images: z
        .array(z.string().regex(/^[a-z0-9][a-z0-9.:-]*(\/[a-z0-9._-]+)*$/, 'must be an image without a tag'))
        .default([])
        .describe("Images in the source, without tag, for a cluster's mirrors.images to replace."),
    }),
    manifests,
    installed,
  ])
  .describe(
    'A Helm chart (chart, repository, version), a kustomization (repository, path, version), or manifests: true.',
  );
