import { groupOf } from '../../components/component.ts';
import { administratorAnnotation } from '../../components/domain.ts';
import {
  at,
  type Child,
  children,
  listAt,
  objectsOf,
  type ParsedTree,
  projects,
  rootOf,
  type TreeObject,
  textsAt,
} from './parsed-tree.ts';
import { about, type Rule } from './rule.ts';

const rbac = 'rbac.authorization.k8s.io';
const hint = 'or set administrator: true in its app.yaml';

/** Applications with an AppProject of their own, except those trusted with the whole cluster. */
function boundedApps(tree: ParsedTree): Child[] {
  const platformProject = at(rootOf(tree)?.object, 'spec', 'project');
  const trusted = projects(tree)
    .filter(({ object }) => object.metadata.annotations?.[administratorAnnotation] === 'true')
    .map(({ object }) => object.metadata.name);
  return children(tree).filter(({ object }) => {
    const project = at(object, 'spec', 'project');
    return typeof project === 'string' && project !== platformProject && !trusted.includes(project);
  });
}

const appsAreNoAdministrators: Rule = {
  name: 'apps-are-no-administrators',
  reason:
    'An AppProject limits kinds and namespaces, not the rights in a role: with cluster-admin, wildcards, escalate, bind or impersonate an app controls the cluster, secrets and login included (kubernetes docs, concepts/security/rbac-good-practices).',
  check: (tree) =>
    boundedApps(tree).flatMap((app) =>
      objectsOf(tree, app)
        .filter(({ object }) => groupOf(object) === rbac)
        .flatMap((item) => tooMuch(item.object).map((what) => about(item, `${what}: remove that, ${hint}`))),
    ),
};

function tooMuch(object: TreeObject['object']): string[] {
  const found = new Set<string>();
  if (at(object, 'roleRef', 'name') === 'cluster-admin') found.add('binds to cluster-admin');
  for (const rule of listAt(object, 'rules')) {
    const verbs = textsAt(rule, 'verbs');
    const every = (key: string) => textsAt(rule, key).includes('*');
    if (every('resources') && every('apiGroups') && verbs.some((verb) => !['get', 'list', 'watch'].includes(verb)))
      found.add('can write every kind');
    for (const verb of ['escalate', 'bind', 'impersonate']) if (verbs.includes(verb)) found.add(`can ${verb}`);
  }
  return [...found];
}

/** Rights that an app's source may not grant itself. */
export const appRightsRules: readonly Rule[] = [appsAreNoAdministrators];
