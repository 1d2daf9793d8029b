import { groupOf } from '../../components/component.ts';
import {
  at,
  children,
  listAt,
  namespaceOf,
  objectsOf,
  type ParsedTree,
  projects,
  rootObjects,
  rootOf,
} from './parsed-tree.ts';
import { about, type Finding, type Rule } from './rule.ts';
import { isClusterScoped } from './scope.ts';

/** What a project allows its Applications to apply. */
interface Limits {
  namespaces: ReadonlySet<string>;
  clusterKinds: ReadonlySet<string>;
  /** As `group/Kind` or `group/*`. */
  deniedKinds: ReadonlySet<string>;
}

/** @returns the kinds in a list of a project, as `group/Kind` */
function kindsOf(object: unknown, list: string): Set<string> {
  return new Set(
    listAt(object, 'spec', list).map((entry) => `${String(at(entry, 'group') ?? '')}/${String(at(entry, 'kind'))}`),
  );
}

function limitsOf(tree: ParsedTree): Map<string, Limits> {
  return new Map(
    projects(tree).map(({ object }) => [
      object.metadata.name,
      {
        namespaces: new Set(listAt(object, 'spec', 'destinations').map((entry) => String(at(entry, 'namespace')))),
        clusterKinds: kindsOf(object, 'clusterResourceWhitelist'),
        deniedKinds: kindsOf(object, 'namespaceResourceBlacklist'),
      },
    ]),
  );
}

const withinProject: Rule = {
  name: 'within-project',
  reason:
    'A project refuses kinds and namespaces that it does not list, and the sync fails half-way (argo-cd docs, user-guide/projects).',
  check(tree) {
    const limits = limitsOf(tree);
    const root = rootOf(tree);
    const applications = children(tree).map((application) => ({ application, objects: objectsOf(tree, application) }));
    if (root !== undefined) {
      applications.push({
        application: root,
        objects: rootObjects(tree).map((item) => ({ ...item, application: root })),
      });
    }
    return applications.flatMap(({ application, objects }) => {
      const limit = limits.get(String(at(application.object, 'spec', 'project')));
      if (limit === undefined) return [];
      const own: Finding[] = limit.namespaces.has(application.namespace)
        ? []
        : [
            {
              file: application.file,
              path: 'spec.destination.namespace',
              message: `"${application.namespace}" is not a destination of the project`,
            },
          ];
      return [
        ...own,
        ...objects.flatMap((item) => {
          const { object } = item;
          const kind = `${groupOf(object)}/${object.kind}`;
          if (isClusterScoped(object)) {
            const message = `clusterResourceWhitelist of the project lacks ${kind}`;
            return limit.clusterKinds.has(kind) ? [] : [about(item, message)];
          }
          if (limit.deniedKinds.has(kind) || limit.deniedKinds.has(`${groupOf(object)}/*`)) {
            const message = `namespaceResourceBlacklist of the project refuses ${kind}: remove the object, or set administrator: true in the app.yaml`;
            return [about(item, message)];
          }
          const namespace = namespaceOf(item);
          const message = `"${namespace}" is not a destination of the project`;
          return limit.namespaces.has(namespace) ? [] : [about(item, message)];
        }),
      ];
    });
  },
};

const namespacesInOnePlace: Rule = {
  name: 'namespaces-in-one-place',
  reason:
    'A Namespace object and managedNamespaceMetadata or CreateNamespace overwrite each other (argoproj/argo-cd#14666).',
  check(tree) {
    const declared = new Set(
      rootObjects(tree)
        .filter(({ object }) => object.kind === 'Namespace')
        .map(({ object }) => object.metadata.name),
    );
    return children(tree).flatMap(({ file, object, namespace }) => {
      const managed = at(object, 'spec', 'syncPolicy', 'managedNamespaceMetadata') !== undefined;
      const created = listAt(object, 'spec', 'syncPolicy', 'syncOptions').includes('CreateNamespace=true');
      if (!declared.has(namespace) || !(managed || created)) return [];
      const message = `the tree has Namespace ${namespace}: remove ${managed ? 'managedNamespaceMetadata' : 'CreateNamespace=true'}`;
      return [{ file, path: 'spec.syncPolicy', message }];
    });
  },
};

/** Applications stay within what their projects allow. */
export const projectRules: readonly Rule[] = [withinProject, namespacesInOnePlace];
