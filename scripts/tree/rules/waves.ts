import { readyWithinAnnotation } from '../../components/domain.ts';
import { components } from '../../components/index.ts';
import {
  allObjects,
  at,
  children,
  groupOf,
  nameOf,
  objectsOf,
  optionsOf,
  projects,
  rootObjects,
  textsAt,
} from './parsed-tree.ts';
import type { Rule } from './rule.ts';

const dependencies = new Map(components.map(({ name, dependsOn }) => [name, dependsOn]));

/** What has to be there before a component: its dependencies, or theirs where one is not in the tree. */
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

const kindsBeforeTheirObjects: Rule = {
  name: 'kinds-before-their-objects',
  reason: 'An object whose CRD comes in the same or a higher wave is refused as unknown (fluxcd/flux2#2351).',
  needs: 'charts',
  check(tree) {
    const applications = children(tree);
    const homes = new Map<string, { name: string; wave: number }>();
    for (const application of applications) {
      for (const { object } of objectsOf(tree, application)) {
        if (object.kind !== 'CustomResourceDefinition') continue;
        homes.set(`${String(at(object, 'spec', 'group'))}/${String(at(object, 'spec', 'names', 'kind'))}`, application);
      }
    }
    return applications.flatMap((application) =>
      objectsOf(tree, application).flatMap(({ file, object }) => {
        const home = homes.get(`${groupOf(object)}/${object.kind}`);
        if (home === undefined || home.name === application.name || home.wave < application.wave) return [];
        const message = `wave ${application.wave}, but its kind comes with ${home.name} in wave ${home.wave}`;
        return [{ file, path: nameOf(object), message }];
      }),
    );
  },
};

const wavesAreNumbers: Rule = {
  name: 'waves-are-numbers',
  reason: 'Argo CD takes a wave that is not an integer for wave 0 (argo-cd docs, user-guide/sync-waves).',
  check: (tree) =>
    allObjects(tree).flatMap(({ file, object }) => {
      const wave = object.metadata.annotations?.['argocd.argoproj.io/sync-wave'];
      if (wave === undefined ? object.kind !== 'Application' : /^-?\d+$/.test(String(wave))) return [];
      const message = wave === undefined ? 'an Application of the tree names its wave' : `"${wave}" is not a wave`;
      return [{ file, path: nameOf(object), message }];
    }),
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

const keptOnPrune: Rule = {
  name: 'kept-on-prune',
  reason:
    "A pruned CRD or Namespace takes every object in it along; Helm's keep annotation does not hold Argo CD back (argo-cd docs, user-guide/sync-options).",
  check: (tree) =>
    allObjects(tree)
      .filter(({ object }) => object.kind === 'CustomResourceDefinition' || object.kind === 'Namespace')
      .filter(({ object, application }) => {
        const own = optionsOf(object, 'argocd.argoproj.io/sync-options');
        const all = textsAt(application?.object, 'spec', 'syncPolicy', 'syncOptions');
        return ![...own, ...all].includes('Prune=false') || own.includes('Prune=true');
      })
      .map(({ file, object }) => ({
        file,
        path: nameOf(object),
        message: 'needs the annotation argocd.argoproj.io/sync-options: Prune=false',
      })),
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

/** The order in which things are applied, and what stays when they go. */
export const waveRules: readonly Rule[] = [
  wavesFollowDependencies,
  kindsBeforeTheirObjects,
  wavesAreNumbers,
  foundationsFirst,
  lastWaveIsEmpty,
  deadlines,
  keptOnPrune,
  projectIsThere,
];
