import { withRegistry } from '../../components/mirrors.ts';
import { at, folderOf, listAt, type ParsedTree, rootOf, type TreeObject, textsAt } from './parsed-tree.ts';
import { workloads } from './pods.ts';
import { about, type Finding, type Rule } from './rule.ts';

/** What the key of each kind of mirror must be. */
const keyForms = {
  charts: 'the full address of a chart repository, as in upstream.yaml',
  git: 'the full address of a Git repository, as in upstream.yaml',
  images: 'a registry, or the start of an image name up to a "/"',
  logins:
    'the full address of a chart or Git repository that this cluster fetches from, as mirrors or app.yaml names it',
} as const;

const mirrorsHaveAnEffect: Rule = {
  name: 'mirrors-have-an-effect',
  reason:
    'A mirror for an address that nothing uses has no effect, and a site without internet notices only by timeouts (distribution docs, recipes/mirror).',
  check: (tree) =>
    (tree.facts?.idleMirrors ?? []).map(({ section, original, index }) => ({
      file: `${folderOf(tree)}/cluster.yaml`,
      keys: ['mirrors', section, ...(index === undefined ? [original] : [index, 'url'])],
      message: `has no effect: it must be ${keyForms[section]}`,
    })),
};

const imagesComeFromMirrors: Rule = {
  name: 'images-come-from-mirrors',
  reason:
    'An image that a chart names on its own is pulled from its original registry, not from the mirror (distribution docs, recipes/mirror).',
  needs: 'charts',
  check(tree) {
    const originals = Object.keys(tree.facts?.imageMirrors ?? {});
    const mirrors = Object.values(tree.facts?.imageMirrors ?? {});
    const below = (image: string, prefix: string) => ['/', ':', '@'].some((end) => image.startsWith(prefix + end));
    return workloads(tree).flatMap(({ item, spec }): Finding[] =>
      [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')]
        .map((container) => withRegistry(String(at(container, 'image') ?? '')))
        // Istio replaces "auto" with the proxy's image.
        .filter((image) => image !== withRegistry('auto'))
        .filter(
          (image) =>
            originals.some((prefix) => below(image, prefix)) && !mirrors.some((prefix) => below(image, prefix)),
        )
        .map((image) => about(item, `pulls ${image} from its original registry: ${hintFor(tree, item, image)}`)),
    );
  },
};

/** Where to set the image: in a component's values, or in the app.yaml of an app. */
function hintFor(tree: ParsedTree, { application }: TreeObject, image: string): string {
  const [, name = image] = /^(.+?)(?::[^:/@]+)?(?:@[^@]+)?$/.exec(image) ?? [];
  const project = at(application?.object, 'spec', 'project');
  if (application === undefined || project === at(rootOf(tree)?.object, 'spec', 'project'))
    return `set the mirror's image in the values (overrides/${application?.name ?? 'NAME'}.yaml)`;
  const chart = application.sources.find((source) => source.chart !== undefined);
  const [file = ''] = textsAt(chart, 'helm', 'valueFiles').map((path) => path.split('/')[2]);
  return chart === undefined
    ? `add ${name} to source.images in apps/${application.name}/app.yaml`
    : `set the chart's value for it under values in apps/${file}/app.yaml, to "{image ${name}}", or to "{registry ${name}}" and "{repository ${name}}"`;
}

/** Everything from outside comes through the mirrors of cluster.yaml. */
export const mirrorRules: readonly Rule[] = [mirrorsHaveAnEffect, imagesComeFromMirrors];
