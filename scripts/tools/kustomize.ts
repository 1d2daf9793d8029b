import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { $ } from 'zx/core';
import type { KubernetesObject } from '../components/component.ts';
import { RunError } from '../report/errors.ts';
import { findTool } from './find.ts';

/** What Argo CD lays over a kustomization: `spec.sources[].kustomize`. */
export interface Overlay {
  namespace?: string;
  /** As `old=new:tag`; see imageOverride. */
  images?: readonly string[];
  patches?: readonly object[];
  commonAnnotations?: Readonly<Record<string, string>>;
}

/**
 * Builds a kustomization with an overlay, as Argo CD does for a source with inline patches.
 *
 * @param folder absolute path of the kustomization
 * @throws RunError with kustomize's own message
 */
export async function buildKustomization(folder: string, overlay: Overlay = {}): Promise<KubernetesObject[]> {
  const kubectl = await findTool('kubectl');
  const temporary = await mkdtemp(join(tmpdir(), 'breakwater-'));
  try {
    const { images, ...rest } = overlay;
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      // kustomize wants a relative path.
      resources: [relative(temporary, folder)],
      ...rest,
      ...(images === undefined ? {} : { images: images.map(imageOverride) }),
    };
    await writeFile(join(temporary, 'kustomization.yaml'), stringify(kustomization));
    const built = await $({ quiet: true, nothrow: true })`${kubectl} kustomize ${temporary}`;
    if (built.exitCode !== 0)
      throw new RunError(`kustomize can't build ${folder}`, { details: built.stderr.trim().split('\n') });
    return parseAllDocuments(built.stdout).map((document) => document.toJS() as KubernetesObject);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** `old=new`, `old=new:tag` or `image:tag`; the tag `*` keeps what is there, as in `kustomize edit set image`. */
function imageOverride(text: string): { name: string; newName?: string; newTag?: string } {
  const target = text.slice(text.indexOf('=') + 1);
  const [, image = target, tag] = /^(.*):([^/:]+)$/.exec(target) ?? [];
  const name = text.includes('=') ? text.slice(0, text.indexOf('=')) : image;
  return {
    name,
    ...(image === name ? {} : { newName: image }),
    ...(tag === undefined || tag === '*' ? {} : { newTag: tag }),
  };
}
