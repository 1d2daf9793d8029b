import type { KubernetesObject } from '../components/component.ts';
import { withRegistry } from '../components/mirrors.ts';
import { allObjects, at, nestedIn, type ParsedTree, type TreeObject } from './rules/parsed-tree.ts';

const version = '(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?';
const path = '[a-z0-9]+(?:[._/-]+[a-z0-9]+)*';
/** The whole of a value that names an image. */
const whole = new RegExp(`^(?:[a-z0-9.-]+(?::[0-9]+)?/)?${path}${version}$`);
/** An image in a text: with its registry, and a tag or digest, so that addresses of pages do not count. */
const inText = new RegExp(
  `(?<![\\w./:@-])[a-z0-9-]+(?:\\.[a-z0-9-]+)+(?::[0-9]+)?/${path}(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(?:@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})(?![\\w/:@-])`,
  'g',
);
/** A line of a document inside a text: Katib's and Kubeflow's settings name images without their registry. */
const lines = /^[\s-]*"?(?:image|value|[A-Za-z_]*(?:Image|_IMAGE))"?:\s*"?([^\s"',]+)"?,?\s*$/gm;

/** An image that a cluster pulls, now or when a user starts something. */
export interface NamedImage {
  /** With its registry, tag and digest. */
  image: string;
  /** Applications that name it. */
  applications: string[];
}

/**
 * @param tree with rendered charts and kustomizations
 * @returns every image that an object names: in pods, and in the settings from which controllers make pods; sorted
 */
export function imagesOf(tree: ParsedTree): NamedImage[] {
  const found = new Map<string, Set<string>>();
  for (const item of allObjects(tree)) {
    const { kind, metadata } = item.object;
    const by = item.application?.name ?? (kind === 'Application' ? metadata.name : tree.clusterName);
    for (const image of [...imagesIn(item.object), ...sidecar(item)]) {
      const full = withRegistry(image);
      found.set(full, (found.get(full) ?? new Set()).add(by));
    }
  }
  return [...found]
    .map(([image, applications]) => ({ image, applications: [...applications].sort() }))
    .sort((a, b) => (a.image < b.image ? -1 : 1));
}

function imagesIn(object: KubernetesObject): string[] {
  // Their descriptions name examples.
  if (object.kind === 'CustomResourceDefinition') return [];
  return nestedIn(object).flatMap(({ key, value }) => {
    if (typeof value !== 'string' || value.length > 1_000_000) return [];
    // Istio replaces "auto" with the proxy's image.
    if (/image$/i.test(key)) return whole.test(value) && /[/:]/.test(value) ? [value] : [];
    const listed = [...value.matchAll(lines)].map(([, image = '']) => image);
    return [
      ...listed.filter((image) => whole.test(image) && image.includes('/') && image.includes(':')),
      ...(value.match(inText) ?? []),
    ];
  });
}

/** The image of sidecars and gateways, which istiod puts together from its settings. */
function sidecar({ object }: TreeObject): string[] {
  if (object.kind !== 'ConfigMap' || object.metadata.name !== 'istio-sidecar-injector') return [];
  try {
    const values: unknown = JSON.parse(String(at(object, 'data', 'values')));
    const [hub, tag, image] = [['hub'], ['tag'], ['proxy', 'image']].map((keys) => at(values, 'global', ...keys));
    return [String(image).includes('/') ? `${image}` : `${hub}/${image}:${tag}`];
  } catch {
    return [];
  }
}
