import { administratorAnnotation } from '../../components/domain.ts';
import {
  at,
  type Child,
  children,
  groupOf,
  listAt,
  nameOf,
  objectsOf,
  type ParsedTree,
  type Placed,
  projects,
  rootOf,
  textsAt,
} from './parsed-tree.ts';
import type { Rule } from './rule.ts';

const rbac = 'rbac.authorization.k8s.io';
const hint = 'or say administrator: true in its app.yaml';

/** Applications with an AppProject of their own, but those whose source a person trusts with the cluster. */
function boundedApps(tree: ParsedTree): Child[] {
  const platform = at(rootOf(tree)?.object, 'spec', 'project');
  const trusted = projects(tree)
    .filter(({ object }) => object.metadata.annotations?.[administratorAnnotation] === 'true')
    .map(({ object }) => object.metadata.name);
  return children(tree).filter(({ object }) => {
    const project = at(object, 'spec', 'project');
    return typeof project === 'string' && project !== platform && !trusted.includes(project);
  });
}

const appsAreNoAdministrators: Rule = {
  name: 'apps-are-no-administrators',
  reason:
    'An AppProject bounds kinds and namespaces, not what a role gives: with cluster-admin, wildcards, escalate, bind or impersonate an app has the cluster, secrets and login included (kubernetes docs, concepts/security/rbac-good-practices).',
  check: (tree) =>
    boundedApps(tree).flatMap((app) =>
      objectsOf(tree, app)
        .filter(({ object }) => groupOf(object) === rbac)
        .flatMap(({ file, object }) =>
          tooMuch(object).map((what) => ({ file, path: nameOf(object), message: `${what}: take that away, ${hint}` })),
        ),
    ),
};

function tooMuch(object: Placed['object']): string[] {
  const found = new Set<string>();
  if (at(object, 'roleRef', 'name') === 'cluster-admin') found.add('binds cluster-admin');
  for (const rule of listAt(object, 'rules')) {
    const verbs = textsAt(rule, 'verbs');
    const every = (key: string) => textsAt(rule, key).includes('*');
    if (every('resources') && every('apiGroups') && verbs.some((verb) => !['get', 'list', 'watch'].includes(verb)))
      found.add('writes every kind');
    for (const verb of ['escalate', 'bind', 'impersonate']) if (verbs.includes(verb)) found.add(`may ${verb}`);
  }
  return [...found];
}

/** What the sources of apps may give themselves. */
export const appRightsRules: readonly Rule[] = [appsAreNoAdministrators];
