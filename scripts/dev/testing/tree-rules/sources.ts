import { comparedUrl } from '../../../config/schema/git-url.ts';
import { allObjects, at, children, nameOf, ownSources, projects, textsAt } from '../../../tree/rules/parsed-tree.ts';
import type { Finding, Rule } from '../../../tree/rules/rule.ts';
import { all, repositoryOf, sourceField } from '../../../tree/rules/sources.ts';

const oneOwnSource: Rule = {
  name: 'one-own-source',
  reason:
    'The root pins the source with ref: values; a child without one breaks the kustomization, a second one can resolve to another commit (argoproj/argo-cd#13720, #29716).',
  check: (tree) =>
    children(tree).flatMap((application) => {
      const count = ownSources(application).length;
      return count === 1
        ? []
        : [
            {
              file: application.file,
              path: 'spec.sources',
              message: `has ${count} sources with ref: values, and needs one`,
            },
          ];
    }),
};

const sourceForms: Rule = {
  name: 'source-forms',
  reason:
    'Helm sources name an OCI registry without scheme, native OCI sources with oci:// and the path "." (argo-cd docs, user-guide/oci).',
  check: (tree) =>
    all(tree).flatMap((application) =>
      application.sources.flatMap((source): Finding[] => {
        const native = source.repoURL.startsWith('oci://');
        if (native && source.chart !== undefined) {
          return [
            {
              ...sourceField(application, source, 'repoURL'),
              message: 'a chart of an OCI registry is named without oci://',
            },
          ];
        }
        if (native && source.path !== '.')
          return [{ ...sourceField(application, source, 'path'), message: 'must be "." for oci://' }];
        if (source.chart !== undefined && source.path !== undefined) {
          return [{ ...sourceField(application, source, 'chart'), message: 'has both chart and path' }];
        }
        if (source.chart === undefined && source.path === undefined && source.ref === undefined) {
          return [{ ...sourceField(application, source, 'path'), message: 'has neither chart, path nor ref' }];
        }
        return [];
      }),
    ),
};

/** Patterns of the files that the checks read; wider ones would admit unchecked files. */
const checkedFiles = ['*.yaml', '{*.yaml,*.yml,*.json}'];

const sourcesSayTheirType: Rule = {
  name: 'sources-say-their-type',
  reason:
    'Without a type Argo CD guesses one by the files of the folder, so that a stray Kustomization or Chart.yaml changes what is built (argo-cd docs, user-guide/tool_detection).',
  check(tree) {
    const own = repositoryOf(tree);
    const uses = [
      ...all(tree).flatMap((application) =>
        application.sources.map((source) => ({ source, ...sourceField(application, source, 'directory') })),
      ),
      ...allObjects(tree)
        .filter(({ object }) => object.kind === 'ApplicationSet')
        .map(({ file, object }) => ({
          source: at(object, 'spec', 'template', 'spec', 'source'),
          file,
          path: `${nameOf(object)} spec.template.spec.source.directory`,
        })),
    ];
    return uses
      .filter(({ source }) => at(source, 'path') !== undefined && at(source, 'repoURL') === own)
      .filter(({ source }) => at(source, 'kustomize') === undefined && at(source, 'helm') === undefined)
      .filter(({ source }) => !checkedFiles.includes(String(at(source, 'directory', 'include'))))
      .map(({ source: _, ...where }) => ({
        ...where,
        message: `must name its files, as include: "${checkedFiles[0]}"`,
      }));
  },
};

const sourcesPermitted: Rule = {
  name: 'sources-permitted',
  reason:
    'A project refuses each source, refs included, that its sourceRepos do not name in the same form; one "*" does not cross "/" (argo-cd docs, user-guide/projects).',
  check(tree) {
    const permitted = new Map(
      projects(tree).map(({ object }) => [object.metadata.name, textsAt(object, 'spec', 'sourceRepos')]),
    );
    return all(tree).flatMap((application) => {
      const list = permitted.get(String(at(application.object, 'spec', 'project'))) ?? [];
      return application.sources
        .filter(({ repoURL }) => !list.some((pattern) => matches(pattern, repoURL)))
        .map((source) => ({
          ...sourceField(application, source, 'repoURL'),
          message: `"${source.repoURL}" is not among the project's sourceRepos`,
        }));
    });
  },
};

/** Argo CD's globs: `*` stays within a part of the path, `**` does not. */
function matches(pattern: string, url: string): boolean {
  if (!pattern.includes('*')) return comparedUrl(pattern) === comparedUrl(url);
  const expression = comparedUrl(pattern)
    .split(/(\*+)/)
    .map((part) => (part === '*' ? '[^/]*' : part.startsWith('**') ? '.*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
  return new RegExp(`^${expression}$`).test(comparedUrl(url));
}

const exactRepositories: Rule = {
  name: 'exact-repositories',
  reason: 'A project that permits every repository holds no one back (argo-cd docs, user-guide/projects).',
  check: (tree) =>
    projects(tree).flatMap(({ file, object }) =>
      textsAt(object, 'spec', 'sourceRepos')
        .filter((url) => /^(\*+|https?:\/\/\*+.*)$/.test(url))
        .map((url) => ({ file, path: 'spec.sourceRepos', message: `"${url}" permits any repository` })),
    ),
};

/** Sources of the Applications. */
export const sourceRules: readonly Rule[] = [
  oneOwnSource,
  sourceForms,
  sourcesSayTheirType,
  sourcesPermitted,
  exactRepositories,
];
