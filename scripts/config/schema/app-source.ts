import { z } from 'zod';
import { chart, kustomization } from './upstream.ts';

const manifests = z.strictObject({
  manifests: z.literal(true).describe('Plain objects in manifests/*.yaml beside app.yaml, one object per file.'),
});

const installed = z.strictObject({
  installed: z.literal(true).describe('It runs already, as a part of the platform: only its route is made.'),
});

/** Where an app's objects come from. */
export const appSource = z
  .union([
    chart.omit({ image: true }).extend({
      release: z
        .string()
        .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'use lower-case letters, digits and "-"')
        .max(53, "at most 53 characters: Helm's limit")
        .optional()
        .describe("Helm's name of the release. Default: the app's name."),
    }),
    kustomization.required({ path: true }),
    manifests,
    installed,
  ])
  .describe(
    'A Helm chart (chart, repository, version), a kustomization (repository, path, version), or manifests: true.',
  );
