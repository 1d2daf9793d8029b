import {
  allObjects,
  at,
  type Child,
  children,
  nameOf,
  ownSources,
  projects,
  rootOf,
  type Source,
  textsAt,
} from './parsed-tree.ts';
import type { Finding, Rule } from './rule.ts';

/** An address as Argo CD compares it: lower case, without slash or .git at the end, scp form and ssh:// alike. */
function compared(url: string): string {
  const text = url
    .trim()
    .toLowerCase()
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  const scp = /^([^@/]+@)?([^:/]+):(?!\/\/)(.+)$/.exec(text);
  return scp === null ? text.replace(/^ssh:\/\//, '') : `${scp[1] ?? ''}${scp[2]}/${scp[3]}`;
}

function all(tree: Parameters<Rule['check']>[0]): readonly Child[] {
  const root = rootOf(tree);
  return root === undefined ? children(tree) : [root, ...children(tree)];
}

function place(application: Child, source: Source, field: string): Pick<Finding, 'file' | 'path'> {
  const index = application.sources.indexOf(source);
  const several = at(application.object, 'spec', 'source') === undefined;
  return { file: application.file, path: `spec.${several ? `sources[${index}]` : 'source'}.${field}` };
}

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

const oneRevision: Rule = {
  name: 'one-revision',
  reason:
    'Sources of one repository on different revisions once downgraded an Argo CD that manages itself (argoproj/argo-cd#13720, #29716).',
  check(tree) {
    const own = repositoryOf(tree);
    if (own === undefined) return [];
    const uses = children(tree).flatMap((application) =>
      application.sources
        .filter(({ repoURL }) => compared(repoURL) === compared(own))
        .map((source) => ({ application, source })),
    );
    const expected = uses[0]?.source.targetRevision;
    return uses.flatMap(({ application, source }) => {
      if (source.ref !== 'values') {
        return [
          { ...place(application, source, 'ref'), message: 'a source of this repository that the root does not pin' },
        ];
      }
      if (source.targetRevision === expected) return [];
      const message = `"${source.targetRevision}", but other Applications have "${expected}"`;
      return [{ ...place(application, source, 'targetRevision'), message }];
    });
  },
};

/** The platform's repository, as the root spells it. */
function repositoryOf(tree: Parameters<Rule['check']>[0]): string | undefined {
  return rootOf(tree)?.sources[0]?.repoURL;
}

const oneSpelling: Rule = {
  name: 'one-spelling',
  reason:
    'A repository that is spelt in two ways is two repositories to the Secret, the project or the cache (argoproj/argo-cd#13720).',
  check(tree) {
    const first = new Map<string, string>();
    const uses = [
      ...all(tree).flatMap((application) =>
        application.sources.map((source) => ({ ...place(application, source, 'repoURL'), url: source.repoURL })),
      ),
      ...projects(tree).flatMap(({ file, object }) =>
        textsAt(object, 'spec', 'sourceRepos').map((url) => ({ file, path: 'spec.sourceRepos', url })),
      ),
    ];
    return uses.flatMap(({ url, ...rest }): Finding[] => {
      if (typeof url !== 'string' || url === '') return [{ ...rest, message: 'is missing' }];
      if (url.endsWith('/')) return [{ ...rest, message: `"${url}" must not end with "/"` }];
      if (/^[^/]*:\/\/[^/@]*:[^/@]*@/.test(url)) return [{ ...rest, message: 'must not hold credentials' }];
      if (/^https?:\/\/gitlab\./i.test(url) && !url.endsWith('.git'))
        return [{ ...rest, message: `"${url}" must end with ".git"` }];
      const known = first.get(compared(url));
      if (known === undefined) first.set(compared(url), url);
      return known === undefined || known === url ? [] : [{ ...rest, message: `"${url}" is also spelt "${known}"` }];
    });
  },
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
            { ...place(application, source, 'repoURL'), message: 'a chart of an OCI registry is named without oci://' },
          ];
        }
        if (native && source.path !== '.')
          return [{ ...place(application, source, 'path'), message: 'must be "." for oci://' }];
        if (source.chart !== undefined && source.path !== undefined) {
          return [{ ...place(application, source, 'chart'), message: 'has both chart and path' }];
        }
        if (source.chart === undefined && source.path === undefined && source.ref === undefined) {
          return [{ ...place(application, source, 'path'), message: 'has neither chart, path nor ref' }];
        }
        return [];
      }),
    ),
};

/** What the checks read, as globs of Argo CD's; others would let in what is checked by nobody. */
const checkedFiles = ['*.yaml', '{*.yaml,*.yml,*.json}'];

const sourcesSayTheirType: Rule = {
  name: 'sources-say-their-type',
  reason:
    'Without a type Argo CD guesses one by the files of the folder, so that a stray Kustomization or Chart.yaml changes what is built (argo-cd docs, user-guide/tool_detection).',
  check(tree) {
    const own = repositoryOf(tree);
    const uses = [
      ...all(tree).flatMap((application) =>
        application.sources.map((source) => ({ source, ...place(application, source, 'directory') })),
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

/** What means another version tomorrow; of a chart also a part of a version, which Helm reads as a range. */
const floating = /^(|HEAD|latest|stable|main|master|develop|[~^<>=].*|.*[*].*)$/i;
const range = /^v?\d+(\.\d+)?$|\bx\b|\s/i;

function isFloating({ chart, targetRevision }: Source): boolean {
  const version = String(targetRevision ?? '');
  return floating.test(version) || (chart !== undefined && range.test(version));
}

const pinnedUpstreams: Rule = {
  name: 'pinned-upstreams',
  reason: 'A floating upstream changes a cluster without a commit (argoproj-labs/argocd-autopilot#557, #592).',
  check: (tree) =>
    children(tree).flatMap((application) =>
      application.sources
        .filter((source) => source.ref !== 'values' && isFloating(source))
        .map((source) => ({
          ...place(application, source, 'targetRevision'),
          message: `"${source.targetRevision ?? ''}" is not an exact version`,
        })),
    ),
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
          ...place(application, source, 'repoURL'),
          message: `"${source.repoURL}" is not among the project's sourceRepos`,
        }));
    });
  },
};

/** Argo CD's globs: `*` stays within a part of the path, `**` does not. */
function matches(pattern: string, url: string): boolean {
  if (!pattern.includes('*')) return compared(pattern) === compared(url);
  const expression = compared(pattern)
    .split(/(\*+)/)
    .map((part) => (part === '*' ? '[^/]*' : part.startsWith('**') ? '.*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
  return new RegExp(`^${expression}$`).test(compared(url));
}

const exactRepositories: Rule = {
  name: 'exact-repositories',
  reason: 'A project that permits every repository holds nobody back (argo-cd docs, user-guide/projects).',
  check: (tree) =>
    projects(tree).flatMap(({ file, object }) =>
      textsAt(object, 'spec', 'sourceRepos')
        .filter((url) => /^(\*+|https?:\/\/\*+.*)$/.test(url))
        .map((url) => ({ file, path: 'spec.sourceRepos', message: `"${url}" permits any repository` })),
    ),
};

/** Where the Applications' contents come from. */
export const sourceRules: readonly Rule[] = [
  oneOwnSource,
  oneRevision,
  oneSpelling,
  sourceForms,
  sourcesSayTheirType,
  pinnedUpstreams,
  sourcesPermitted,
  exactRepositories,
];
