import { groupOf } from '../../components/component.ts';
import { allObjects, at, children, objectsOf, optionsOf, textsAt } from './parsed-tree.ts';
import { about, type Rule } from './rule.ts';

const kindsBeforeTheirObjects: Rule = {
  name: 'kinds-before-their-objects',
  reason: 'The API server rejects an object whose CRD comes in the same or a later wave (fluxcd/flux2#2351).',
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
      objectsOf(tree, application).flatMap((item) => {
        const { object } = item;
        const home = homes.get(`${groupOf(object)}/${object.kind}`);
        if (home === undefined || home.name === application.name || home.wave < application.wave) return [];
        const message = `is in wave ${application.wave}, but its CRD comes with ${home.name} in wave ${home.wave}`;
        return [about(item, message)];
      }),
    );
  },
};

const wavesAreNumbers: Rule = {
  name: 'waves-are-numbers',
  reason: 'Argo CD treats a wave that is not an integer as wave 0 (argo-cd docs, user-guide/sync-waves).',
  check: (tree) =>
    allObjects(tree).flatMap((item) => {
      const { object } = item;
      const wave = object.metadata.annotations?.['argocd.argoproj.io/sync-wave'];
      if (wave === undefined ? object.kind !== 'Application' : /^-?\d+$/.test(String(wave))) return [];
      const message = wave === undefined ? 'needs a sync wave' : `"${wave}" is not a valid wave`;
      return [about(item, message)];
    }),
};

const keptOnPrune: Rule = {
  name: 'kept-on-prune',
  reason:
    "Pruning a CRD, a Namespace or a Profile deletes every object in it; Argo CD ignores Helm's keep annotation (argo-cd docs, user-guide/sync-options).",
  check: (tree) =>
    allObjects(tree)
      .filter(({ object }) => ['CustomResourceDefinition', 'Namespace', 'Profile'].includes(object.kind))
      .filter(({ object, application }) => {
        const own = optionsOf(object, 'argocd.argoproj.io/sync-options');
        const all = textsAt(application?.object, 'spec', 'syncPolicy', 'syncOptions');
        return ![...own, ...all].includes('Prune=false') || own.includes('Prune=true');
      })
      .map((item) => about(item, 'needs the annotation argocd.argoproj.io/sync-options: Prune=false')),
};

/** The order in which objects are applied, and what survives a prune. */
export const waveRules: readonly Rule[] = [kindsBeforeTheirObjects, wavesAreNumbers, keptOnPrune];
