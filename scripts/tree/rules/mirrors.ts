import { withRegistry } from '../../components/mirrors.ts';
import { at, folderOf, listAt, nameOf, type ParsedTree, type Placed, rootOf, textsAt } from './parsed-tree.ts';
import { workloads } from './pods.ts';
import type { Finding, Rule } from './rule.ts';

/** What an entry of each kind has to be. */
const wholes = {
  charts: 'the whole address of a chart repository, as upstream.yaml has it',
  git: 'the whole address of a Git repository, as upstream.yaml has it',
  images: 'a registry, or the beginning of an image up to a "/"',
} as const;

const mirrorsHaveAnEffect: Rule = {
  name: 'mirrors-have-an-effect',
  reason:
    'A mirror under an address that nothing comes from replaces nothing, and a site without internet learns it by timeouts (distribution docs, recipes/mirror).',
  check: (tree) =>
    (tree.facts?.idleMirrors ?? []).map(({ section, original }) => ({
      file: `${folderOf(tree)}/cluster.yaml`,
      keys: ['mirrors', section, original],
      message: `replaces nothing: the key must be ${wholes[section]}`,
    })),
};

const imagesComeFromMirrors: Rule = {
  name: 'images-come-from-mirrors',
  reason:
    'An image that a chart names by itself is pulled from where the mirror was to replace it (distribution docs, recipes/mirror).',
  needs: 'charts',
  check(tree) {
    const originals = Object.keys(tree.facts?.imageMirrors ?? {});
    const mirrors = Object.values(tree.facts?.imageMirrors ?? {});
    const below = (image: string, prefix: string) => ['/', ':', '@'].some((end) => image.startsWith(prefix + end));
    return workloads(tree).flatMap(({ placed, spec }): Finding[] =>
      [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')]
        .map((container) => withRegistry(String(at(container, 'image') ?? '')))
        // Istio fills in the gateway's own.
        .filter((image) => image !== withRegistry('auto'))
        .filter(
          (image) =>
            originals.some((prefix) => below(image, prefix)) && !mirrors.some((prefix) => below(image, prefix)),
        )
        .map((image) => ({
          file: placed.file,
          path: nameOf(placed.object),
          message: `takes ${image} from its original place: ${hintFor(tree, placed, image)}`,
        })),
    );
  },
};

/** Where the image can be set: in the values of a component, and in app.yaml for whatever an app is made of. */
function hintFor(tree: ParsedTree, { application }: Placed, image: string): string {
  const [, name = image] = /^(.+?)(?::[^:/@]+)?(?:@[^@]+)?$/.exec(image) ?? [];
  const project = at(application?.object, 'spec', 'project');
  if (application === undefined || project === at(rootOf(tree)?.object, 'spec', 'project'))
    return `name its mirror in the values (overrides/${application?.name ?? 'NAME'}.yaml)`;
  const chart = application.sources.find((source) => source.chart !== undefined);
  const [file = ''] = textsAt(chart, 'helm', 'valueFiles').map((path) => path.split('/')[2]);
  return chart === undefined
    ? `add ${name} to source.images in apps/${application.name}/app.yaml`
    : `set the chart's value for it under values in apps/${file}/app.yaml, as "{image ${name}}", or as "{registry ${name}}" and "{repository ${name}}"`;
}

/** That what comes from elsewhere comes by the mirrors of cluster.yaml. */
export const mirrorRules: readonly Rule[] = [mirrorsHaveAnEffect, imagesComeFromMirrors];
