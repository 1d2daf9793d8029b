import { readyWithinAnnotation } from '../../../components/domain.ts';
import { components } from '../../../components/index.ts';
import { at, children, nameOf, projects, rootObjects } from '../../../tree/rules/parsed-tree.ts';
import type { Rule } from '../../../tree/rules/rule.ts';

const dependencies = new Map(components.map(({ name, dependsOn }) => [name, dependsOn]));

/** Components that must come before a component: its dependencies, or theirs if one is not in the tree. */
function needed(component: string, inTree: ReadonlySet<string>, seen = new Set<string>()): string[] {
  return (dependencies.get(component) ?? []).flatMap((dependency) => {
    if (seen.has(dependency)) return [];
    seen.add(dependency);
    return inTree.has(dependency) ? [dependency] : needed(dependency, inTree, seen);
  });
}

const wavesFollowDependencies: Rule = {
  name: 'waves-follow-dependencies',
  reason:
    'A wave waits for the waves below it, so what a lower wave needs from a higher one never comes (argoproj/argo-cd#9988).',
  check(tree) {
    const applications = children(tree);
    const byName = new Map(applications.map((application) => [application.name, application]));
    return applications.flatMap(({ file, name, wave }) =>
      needed(name, new Set(byName.keys())).flatMap((dependency) => {
        const before = byName.get(dependency);
        if (before === undefined || before.wave < wave) return [];
        return [
          {
            file,
            path: 'metadata.annotations',
            message: `${name} (wave ${wave}) needs ${dependency} (wave ${before.wave})`,
          },
        ];
      }),
    );
  },
};

const foundationsFirst: Rule = {
  name: 'foundations-first',
  reason:
    'An AppProject or Namespace in the same wave as its Applications may go before them and block their deletion (argoproj/argo-cd#4369).',
  check(tree) {
    const applications = children(tree);
    const lowest = Math.min(...applications.map(({ wave }) => wave));
    return rootObjects(tree)
      .filter(({ object }) => object.kind === 'AppProject' || object.kind === 'Namespace')
      .filter(({ object }) => Number(object.metadata.annotations?.['argocd.argoproj.io/sync-wave'] ?? 0) >= lowest)
      .map(({ file, object }) => ({
        file,
        path: nameOf(object),
        message: `belongs in a wave below ${lowest}, that of the first Application`,
      }));
  },
};

const lastWaveIsEmpty: Rule = {
  name: 'last-wave-is-empty',
  reason:
    'Argo CD does not wait for the last wave, so without an empty one behind it the root succeeds too early (argo-cd docs, user-guide/sync-waves).',
  check(tree) {
    const applications = children(tree);
    if (applications.length === 0) return [];
    const highest = Math.max(...applications.map(({ wave }) => wave));
    const behind = rootObjects(tree).some(
      ({ object }) =>
        object.kind !== 'Application' &&
        Number(object.metadata.annotations?.['argocd.argoproj.io/sync-wave'] ?? 0) > highest,
    );
    const file = applications.find(({ wave }) => wave === highest)?.file ?? '';
    return behind ? [] : [{ file, message: `wave ${highest} is the last: an object in a higher wave is missing` }];
  },
};

const deadlines: Rule = {
  name: 'deadlines',
  reason:
    'A component without a deadline that the health check can read holds up its own fix for 15 minutes (argoproj/argo-cd#9988, #11494).',
  check: (tree) =>
    children(tree).flatMap(({ file, object }) => {
      const seconds = object.metadata.annotations?.[readyWithinAnnotation];
      if (/^[1-9]\d{0,5}$/.test(String(seconds)) && Number(seconds) <= 604_800) return [];
      return [
        {
          file,
          path: `metadata.annotations.${readyWithinAnnotation}`,
          message: `"${seconds ?? ''}" must be seconds, 1 to 604800`,
        },
      ];
    }),
};

const projectIsThere: Rule = {
  name: 'project-is-there',
  reason: 'An Application of a project that does not exist is never synced (argo-cd docs, user-guide/projects).',
  check(tree) {
    const names = new Set(projects(tree).map(({ object }) => object.metadata.name));
    return children(tree).flatMap(({ file, object }) => {
      const project = String(at(object, 'spec', 'project') ?? '');
      return names.has(project)
        ? []
        : [{ file, path: 'spec.project', message: `the tree has no AppProject "${project}"` }];
    });
  },
};

/** The order in which objects are applied. */
export const waveRules: readonly Rule[] = [
  wavesFollowDependencies,
  foundationsFirst,
  lastWaveIsEmpty,
  deadlines,
  projectIsThere,
];
