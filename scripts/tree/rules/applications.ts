import { groupOf, type KubernetesObject } from '../../components/component.ts';
import { type Child, children, nestedIn, objectsOf, optionsOf, textsAt } from './parsed-tree.ts';
import { about, type Rule } from './rule.ts';

/** Client-side apply keeps the object in an annotation, and the API server limits all annotations together. */
const largestForClientSide = 256 * 1024;

function syncOptions({ object }: Child): string[] {
  return textsAt(object, 'spec', 'syncPolicy', 'syncOptions');
}

const nothingThatTheServerDrops: Rule = {
  name: 'nothing-that-the-server-drops',
  reason:
    'Argo CD drops empty maps and false defaults of an Application, and the root then stays OutOfSync (argoproj/argo-cd#14668).',
  check: (tree) =>
    children(tree).flatMap(({ file, object }) =>
      nestedIn(object.spec, 'spec')
        .filter(({ value }) => isEmpty(value))
        .map(({ path }) => ({ file, path, message: 'is empty or false: remove it' })),
    ),
};

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === false || value === null || value === '';
}

const serverSideDiff: Rule = {
  name: 'server-side-diff-with-apply',
  reason:
    'Apply and diff must both be server-side or both client-side: otherwise they disagree on defaulted fields (argo-cd docs, user-guide/diff-strategies).',
  check: (tree) =>
    children(tree).flatMap((application) => {
      const applies = syncOptions(application).includes('ServerSideApply=true');
      const compares = optionsOf(application.object, 'argocd.argoproj.io/compare-options').includes(
        'ServerSideDiff=true',
      );
      if (applies === compares) return [];
      const message = applies
        ? 'ServerSideApply=true needs the compare option ServerSideDiff=true'
        : 'the compare option ServerSideDiff=true is for ServerSideApply=true only';
      return [{ file: application.file, path: 'metadata.annotations', message }];
    }),
};

const serverSideApplyForLargeObjects: Rule = {
  name: 'server-side-apply-for-large-objects',
  reason:
    'Client-side apply copies the object into an annotation, which holds at most 256 KiB (argoproj/argo-cd#24950).',
  check: (tree) =>
    children(tree).flatMap((application) =>
      syncOptions(application).includes('ServerSideApply=true')
        ? []
        : objectsOf(tree, application)
            .filter(({ object }) => JSON.stringify(object).length > largestForClientSide)
            .map((item) => about(item, `is larger than 256 KiB: ${application.name} needs ServerSideApply=true`)),
    ),
};

/** Groups that every cluster has. */
const builtInGroup = /^(|apps|batch|autoscaling|policy|[a-z.]+\.k8s\.io)$/;
const notBuiltIn = new Set([
  'gateway.networking.k8s.io',
  'snapshot.storage.k8s.io',
  'metacontroller.k8s.io',
  'jobset.x-k8s.io',
]);

function isCustom(object: KubernetesObject): boolean {
  const group = groupOf(object);
  return notBuiltIn.has(group) || !builtInGroup.test(group);
}

const skipDryRun: Rule = {
  name: 'skip-dry-run-of-custom-resources',
  reason:
    'The dry run of an Application with only custom resources fails until their CRDs exist (argo-cd docs, user-guide/sync-options).',
  check: (tree) =>
    children(tree).flatMap((application) => {
      const onlyOwn = application.sources.every(({ ref }) => ref === 'values');
      const objects = objectsOf(tree, application);
      const custom = onlyOwn && objects.length > 0 && objects.every(({ object }) => isCustom(object));
      // Argo CD's own kinds exist wherever it runs.
      const others = objects.some(({ object }) => !object.apiVersion.startsWith('argoproj.io/'));
      if (!custom || !others || syncOptions(application).includes('SkipDryRunOnMissingResource=true')) return [];
      const message = 'has only custom resources, so it needs SkipDryRunOnMissingResource=true';
      return [{ file: application.file, path: 'spec.syncPolicy.syncOptions', message }];
    }),
};

/** Options of each Application for comparing and applying. */
export const applicationRules: readonly Rule[] = [
  nothingThatTheServerDrops,
  serverSideDiff,
  serverSideApplyForLargeObjects,
  skipDryRun,
];
