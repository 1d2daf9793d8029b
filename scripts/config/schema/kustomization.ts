import * as z from 'zod';
import { label } from './common.ts';

const target = z.strictObject({
  group: z.string().optional(),
  version: z.string().optional(),
  kind: z.string().optional(),
  name: z.string().optional(),
  namespace: z.string().optional(),
  labelSelector: z.string().optional(),
  annotationSelector: z.string().optional(),
});

/**
 * kustomization.yaml of kind Component next to an upstream.yaml: patches that Argo CD applies to the upstream. Only fields that Argo CD can hold
 * inline are allowed: https://argo-cd.readthedocs.io/en/stable/user-guide/kustomize/#patches
 */
export const kustomizeComponent = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1alpha1'),
  kind: z.literal('Component'),
  namespace: label.optional().describe('Namespace of all objects.'),
  patches: z
    .array(
      z.strictObject({
        target: target.optional().describe('Objects to patch.'),
        patch: z
          .string()
          .min(1, 'must not be empty')
          .describe('JSON patch or strategic merge patch, as a block string.'),
      }),
    )
    .default([])
    .describe('Patches, applied in the given order.'),
});

/**
 * clusters/<name>/overrides/<part>/kustomization.yaml: patches for one cluster. Each names its objects, because a part is built from several
 * sources, and a patch without a target must match in each of them.
 */
export const kustomizeOverride = kustomizeComponent.omit({ namespace: true }).extend({
  patches: z
    .array(kustomizeComponent.shape.patches.unwrap().element.required({ target: true }))
    .min(1, 'must not be empty')
    .describe('Patches, applied after those of all clusters.'),
});

export type KustomizeComponent = z.output<typeof kustomizeComponent>;
