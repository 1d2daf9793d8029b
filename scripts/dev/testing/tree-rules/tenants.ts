import {
  allObjects,
  at,
  isMap,
  listAt,
  nameOf,
  type ParsedTree,
  rootObjects,
  rootOf,
  type TreeObject,
  textsAt,
} from '../../../tree/rules/parsed-tree.ts';
import type { Finding, Rule } from '../../../tree/rules/rule.ts';

function applicationSets(tree: ParsedTree): TreeObject[] {
  return allObjects(tree).filter(({ object }) => object.kind === 'ApplicationSet');
}

function finding({ file, object }: TreeObject, path: string, message: string): Finding {
  return { file, path: `${nameOf(object)} ${path}`, message };
}

const folder = /^\{\{ *(\.path\.(basename|path)|index \.path\.segments \d+) *\}\}$/;

const setsLookForFolders: Rule = {
  name: 'sets-look-for-folders',
  reason:
    'A generator over files reads them: one that is not YAML stops it for all, and what a file says could become a part of the Application (argoproj/argo-cd#24874).',
  check: (tree) =>
    applicationSets(tree).flatMap((set) => {
      const generators = listAt(set.object, 'spec', 'generators');
      const strict = textsAt(set.object, 'spec', 'goTemplateOptions').includes('missingkey=error');
      return [
        ...(at(set.object, 'spec', 'goTemplate') === true && strict
          ? []
          : [finding(set, 'spec.goTemplateOptions', 'must be a Go template with missingkey=error')]),
        ...(at(set.object, 'spec', 'templatePatch') === undefined
          ? []
          : [finding(set, 'spec.templatePatch', 'must not be there: it is put together as text')]),
        ...generators
          .filter((generator) => listAt(generator, 'git', 'directories').length === 0)
          .map(() => finding(set, 'spec.generators', 'must be git generators over directories')),
        ...templates(at(set.object, 'spec', 'template'), 'spec.template')
          .filter(({ template }) => !folder.test(template))
          .map(({ path, template }) => finding(set, path, `${template} is not a part of the folder's path`)),
      ];
    }),
};

/** Every template expression in double braces, with its path. */
function templates(value: unknown, path: string): { path: string; template: string }[] {
  if (typeof value === 'string') return (value.match(/\{\{.*?\}\}/gs) ?? []).map((template) => ({ path, template }));
  if (Array.isArray(value)) return value.flatMap((item, index) => templates(item, `${path}[${index}]`));
  return isMap(value) ? Object.entries(value).flatMap(([key, item]) => templates(item, `${path}.${key}`)) : [];
}

const setsStayOutOfDefault: Rule = {
  name: 'sets-stay-out-of-default',
  reason:
    "In the platform's project, or in default, an Application made of a tenant's folder could do what the platform can (argo-cd docs, user-guide/projects).",
  check: (tree) =>
    applicationSets(tree)
      .filter(({ object }) => {
        const project = at(object, 'spec', 'template', 'spec', 'project');
        return [undefined, '', 'default', at(rootOf(tree)?.object, 'spec', 'project')].includes(project);
      })
      .map((set) => finding(set, 'spec.template.spec.project', 'must be a project of its own')),
};

const setsDelayNoWave: Rule = {
  name: 'sets-delay-no-wave',
  reason:
    "An ApplicationSet is Degraded while a single folder is wrong, and so would be the platform's last wave (argoproj/argo-cd#12444).",
  check: (tree) =>
    applicationSets(tree)
      .filter(({ object }) => object.metadata.annotations?.['argocd.argoproj.io/ignore-healthcheck'] !== 'true')
      .map((set) => finding(set, 'metadata.annotations', 'needs argocd.argoproj.io/ignore-healthcheck: "true"')),
};

const dataOutlivesAFlake: Rule = {
  name: 'data-outlives-a-flake',
  reason:
    'A generator that answers with fewer folders for a moment removes Applications, and their objects go with each that has a finalizer; Argo CD adds one where the set does not preserve them (argoproj/argo-cd#18212, #23537).',
  check: (tree) =>
    applicationSets(tree).flatMap((set) => {
      const finalizers = listAt(set.object, 'spec', 'template', 'metadata', 'finalizers').length > 0;
      const preserves = at(set.object, 'spec', 'syncPolicy', 'preserveResourcesOnDeletion') === true;
      const part = at(set.object, 'spec', 'template', 'spec', 'source', 'helm', 'valuesObject', 'part');
      if (part === 'access')
        return preserves
          ? [finding(set, 'spec.syncPolicy.preserveResourcesOnDeletion', 'access must end with the folder')]
          : [];
      return [
        ...(finalizers ? [finding(set, 'spec.template.metadata.finalizers', 'is for what holds no data only')] : []),
        ...(preserves
          ? []
          : [finding(set, 'spec.syncPolicy.preserveResourcesOnDeletion', 'must be true: it holds data')]),
      ];
    }),
};

const wideProjectsAreNarrow: Rule = {
  name: 'wide-projects-are-narrow',
  reason:
    'A project that may write to any namespace must leave out the platform and list its kinds, or it can do everything (argo-cd docs, operator-manual/security).',
  check(tree) {
    const own = rootObjects(tree)
      .filter(({ object }) => object.kind === 'Namespace')
      .map(({ object }) => object.metadata.name);
    return allObjects(tree)
      .filter(({ object }) => object.kind === 'AppProject')
      .flatMap((project) => {
        const namespaces = listAt(project.object, 'spec', 'destinations').map((entry) =>
          String(at(entry, 'namespace')),
        );
        if (!namespaces.some((namespace) => namespace.includes('*') && !namespace.startsWith('!'))) return [];
        const argocd = project.object.metadata.namespace;
        const kinds = ['clusterResourceWhitelist', 'namespaceResourceWhitelist'].flatMap((list) =>
          listAt(project.object, 'spec', list).map(
            (entry) => `${String(at(entry, 'group'))}/${String(at(entry, 'kind'))}`,
          ),
        );
        return [
          ...own
            .filter((namespace) => namespace !== argocd && !namespaces.includes(`!${namespace}`))
            .map((namespace) => finding(project, 'spec.destinations', `must leave out ${namespace}`)),
          ...(listAt(project.object, 'spec', 'namespaceResourceWhitelist').length === 0
            ? [finding(project, 'spec.namespaceResourceWhitelist', 'must list its kinds')]
            : []),
          ...kinds
            .filter((kind) => kind.includes('*'))
            .map((kind) => finding(project, 'spec', `must name its kinds, and not ${kind}`)),
        ];
      });
  },
};

/** The ApplicationSets that turn folders into tenants. */
export const tenantRules: readonly Rule[] = [
  setsLookForFolders,
  setsStayOutOfDefault,
  setsDelayNoWave,
  dataOutlivesAFlake,
  wideProjectsAreNarrow,
];
