import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import type { KubernetesObject } from '../components/component.ts';
import { runProcess } from '../processes/run.ts';
import { RunError } from '../report/errors.ts';
import { findTool } from './find.ts';

/** Argo CD's changes to a kustomization: `spec.source.kustomize`. */
export interface Overlay {
  namespace?: string;
  /** In the format of `kustomize edit set image`. */
  images?: readonly string[];
  patches?: readonly object[];
  commonAnnotations?: Readonly<Record<string, string>>;
}

interface Image {
  name: string;
  newName?: string;
  newTag?: string;
}

interface Kustomization {
  images?: readonly Image[];
  patches?: readonly object[];
  commonAnnotations?: Readonly<Record<string, string>>;
}

/**
 * Builds a kustomization with an overlay as Argo CD does: it edits the kustomization itself, so patches match the names before
 * prefixes are added. Here it edits a copy.
 *
 * https://github.com/argoproj/argo-cd/blob/v3.5.7/util/kustomize/kustomize.go
 *
 * @param checkout absolute path of the repository's checkout, which the kustomization may refer to
 * @param path folder of the kustomization in it
 * @throws RunError with kustomize's own message
 */
export async function buildKustomization(
  checkout: string,
  path: string,
  overlay: Overlay = {},
): Promise<KubernetesObject[]> {
  const kubectl = await findTool('kubectl');
  const copy = await mkdtemp(join(tmpdir(), 'breakwater-'));
  try {
    await shadow(checkout, copy, path);
    const file = join(copy, path, 'kustomization.yaml');
    await rm(file, { force: true });
    await writeFile(
      file,
      stringify(edited(parse(await readFile(join(checkout, path, 'kustomization.yaml'), 'utf8')), overlay)),
    );
    const built = await runProcess(kubectl, ['kustomize', join(copy, path)]);
    if (built.exitCode !== 0) {
      throw new RunError(`kustomize cannot build ${path}`, { details: built.stderr.trim().split('\n') });
    }
    return parseAllDocuments(built.stdout).map((document) => document.toJS() as KubernetesObject);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/**
 * Copies a checkout so that one folder can be changed: only that folder is copied, and everything beside its path is a link to
 * the original, because a kustomization may refer to any folder of the repository.
 */
async function shadow(checkout: string, copy: string, path: string): Promise<void> {
  const [first = '', ...rest] = path.split('/');
  if (first === '' || first === '.') {
    await cp(checkout, copy, { recursive: true });
    return;
  }
  for (const entry of await readdir(checkout)) {
    if (entry !== first && entry !== '.git') await symlink(join(checkout, entry), join(copy, entry));
  }
  await mkdir(join(copy, first));
  await shadow(join(checkout, first), join(copy, first), rest.join('/'));
}

function edited(kustomization: Kustomization, overlay: Overlay): object {
  const images = new Map((kustomization.images ?? []).map((image) => [image.name, image]));
  for (const image of (overlay.images ?? []).map(imageOverride)) {
    images.set(image.name, { ...images.get(image.name), ...image });
  }
  const patches = [...(kustomization.patches ?? []), ...(overlay.patches ?? [])];
  const annotations = { ...kustomization.commonAnnotations, ...overlay.commonAnnotations };
  return {
    ...kustomization,
    ...(overlay.namespace === undefined ? {} : { namespace: overlay.namespace }),
    ...(images.size === 0 ? {} : { images: [...images.values()] }),
    ...(patches.length === 0 ? {} : { patches }),
    ...(Object.keys(annotations).length === 0 ? {} : { commonAnnotations: annotations }),
  };
}

/** `old=new`, `old=new:tag` or `image:tag`; the tag `*` keeps the existing one, as in `kustomize edit set image`. */
function imageOverride(text: string): Image {
  const target = text.slice(text.indexOf('=') + 1);
  const [, image = target, tag] = /^(.*):([^/:]+)$/.exec(target) ?? [];
  const name = text.includes('=') ? text.slice(0, text.indexOf('=')) : image;
  return {
    name,
    ...(image === name ? {} : { newName: image }),
    ...(tag === undefined || tag === '*' ? {} : { newTag: tag }),
  };
}
