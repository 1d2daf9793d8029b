import type { KubernetesObject } from '../components/component.ts';
import { at, isMap, listAt, type Source, textsAt } from './rules/parsed-tree.ts';

/** An Application that an ApplicationSet makes for a folder. */
export interface GeneratedApplication {
  /** The ApplicationSet. */
  set: string;
  /** Path of the folder, as `tenants/team-a`. */
  folder: string;
  name: string;
  object: KubernetesObject;
  source: Source;
  /** Namespace of its destination. */
  namespace: string;
}

/**
 * Computes the Applications that a tree's ApplicationSets generate. Supports what the rule sets-look-for-folders allows: git
 * generators over folders, and templates with parts of a folder's path.
 * https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Generators-Git/
 *
 * @param folders all folders of the repository, as `tenants/team-a/apps`
 */
export function generatedApplications(
  sets: readonly KubernetesObject[],
  folders: readonly string[],
): GeneratedApplication[] {
  return sets.flatMap((set) => {
    const entries = listAt(set, 'spec', 'generators').flatMap((generator) => listAt(generator, 'git', 'directories'));
    const patterns = (exclude: boolean) =>
      entries
        .filter((entry) => (at(entry, 'exclude') === true) === exclude)
        .map((entry) => pattern(String(at(entry, 'path'))));
    const [included, excluded] = [patterns(false), patterns(true)];
    return folders
      .filter((folder) => included.some((one) => one.test(folder)) && !excluded.some((one) => one.test(folder)))
      .flatMap((folder) => applicationFor(set, folder));
  });
}

function applicationFor(set: KubernetesObject, folder: string): GeneratedApplication[] {
  const template = filledIn(at(set, 'spec', 'template'), folder.split('/'));
  const source = at(template, 'spec', 'source');
  const name = at(template, 'metadata', 'name');
  if (!isMap(template) || !isMap(template.metadata) || !isMap(source) || typeof name !== 'string') return [];
  const { namespace } = set.metadata;
  const object = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    ...template,
    metadata: { ...template.metadata, name, ...(namespace === undefined ? {} : { namespace }) },
  };
  const destination = String(at(template, 'spec', 'destination', 'namespace') ?? '');
  return [{ set: set.metadata.name, folder, name, object, source: source as Source, namespace: destination }];
}

/** Replaces each template in a value by its part of the path. */
function filledIn(value: unknown, segments: readonly string[]): unknown {
  if (typeof value === 'string')
    return value
      .replaceAll(/\{\{ *\.path\.basename *\}\}/g, () => segments.at(-1) ?? '')
      .replaceAll(/\{\{ *\.path\.path *\}\}/g, () => segments.join('/'))
      .replaceAll(/\{\{ *index \.path\.segments (\d+) *\}\}/g, (_, index: string) => segments[Number(index)] ?? '');
  if (Array.isArray(value)) return value.map((item) => filledIn(item, segments));
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filledIn(inner, segments)]));
}

/** As Argo CD's new file globbing: a star matches within one folder. */
function pattern(glob: string): RegExp {
  const parts = glob.match(/\[\^?[^\]]*\]|[^[]/g) ?? [];
  const text = parts.map((part) => {
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return part.startsWith('[') ? part : part.replace(/[\\^$.|+(){}\]]/, '\\$&');
  });
  return new RegExp(`^${text.join('')}$`);
}

/** @returns the Application's values files in this repository, weakest first */
export function ownValueFiles({ source }: GeneratedApplication): string[] {
  return textsAt(source, 'helm', 'valueFiles').flatMap((file) => (file.startsWith('/') ? [file.slice(1)] : []));
}
