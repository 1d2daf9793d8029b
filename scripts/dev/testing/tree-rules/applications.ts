import { parse } from 'yaml';
import {
  at,
  type Child,
  children,
  isMap,
  listAt,
  nameOf,
  optionsOf,
  textsAt,
} from '../../../tree/rules/parsed-tree.ts';
import type { Finding, Rule } from '../../../tree/rules/rule.ts';

const argocdName = 'argocd';

const healthKey = 'resource.customizations.health.argoproj.io_Application';

const jsonnetKey = 'jsonnet.enable';

const openLibrariesKey = 'resource.customizations.useOpenLibs.argoproj.io_Application';

const failsOnShared: Rule = {
  name: 'fails-on-shared-resources',
  reason: 'Two Applications that both hold an object take it from each other for ever (argoproj/argo-cd#24150).',
  check: (tree) =>
    children(tree)
      // An app's gate takes over its objects from the app. All are in files, where one-owner finds them.
      .filter(({ sources }) => !sources.every(({ ref }) => ref === 'values'))
      .filter(
        (application) =>
          !textsAt(application.object, 'spec', 'syncPolicy', 'syncOptions').includes('FailOnSharedResource=true'),
      )
      .map(({ file }) => ({ file, path: 'spec.syncPolicy.syncOptions', message: 'needs FailOnSharedResource=true' })),
};

const syncsByItself: Rule = {
  name: 'syncs-by-itself',
  reason: 'Without auto-sync and self-heal a wave waits for a person (argoproj/argo-cd#10550).',
  check: (tree) =>
    children(tree).flatMap(({ file, object }) =>
      ['prune', 'selfHeal']
        .filter((field) => at(object, 'spec', 'syncPolicy', 'automated', field) !== true)
        .map((field) => ({ file, path: `spec.syncPolicy.automated.${field}`, message: 'must be true' })),
    ),
};

const valuesAreFiles: Rule = {
  name: 'values-are-files',
  reason:
    'An Application that holds its values grows until it can no longer be written, and its difference is hard to read (argo-cd docs, user-guide/helm).',
  check: (tree) =>
    children(tree).flatMap(({ file, sources }) =>
      sources.flatMap((source, index) =>
        ['values', 'valuesObject', 'parameters', 'fileParameters']
          .filter((field) => at(source, 'helm', field) !== undefined)
          .map((field) => ({
            file,
            path: `spec.sources[${index}].helm.${field}`,
            message: 'belongs in a values file',
          })),
      ),
    ),
};

const argocdStays: Rule = {
  name: 'argocd-stays',
  reason: 'Argo CD that removes itself leaves everything half removed (argoproj-labs/argocd-autopilot#99, #204).',
  check: (tree) =>
    children(tree)
      .filter(({ name }) => name === argocdName)
      .flatMap((application) => [
        ...((application.object.metadata.finalizers ?? []).length === 0
          ? []
          : [
              {
                file: application.file,
                path: 'metadata.finalizers',
                message: "Argo CD's own Application must have none",
              },
            ]),
        ...unprotectedNamespace(tree, application),
      ]),
};

/** Argo CD's Namespace object, anywhere in the tree. */
function unprotectedNamespace(tree: Parameters<Rule['check']>[0], argocd: Child): Finding[] {
  return [...tree.files].flatMap(([file, { objects }]) =>
    objects
      .filter(({ kind, metadata }) => kind === 'Namespace' && metadata.name === argocd.namespace)
      .flatMap((object) => {
        const options = optionsOf(object, 'argocd.argoproj.io/sync-options');
        return ['Prune=false', 'Delete=false']
          .filter((option) => !options.includes(option))
          .map((option) => ({ file, path: nameOf(object), message: `Argo CD's namespace needs ${option}` }));
      }),
  );
}

const applicationsHaveHealth: Rule = {
  name: 'applications-have-health',
  reason:
    'Without a health check for Applications, which Argo CD has not had since 1.8, waves between them do nothing (argoproj/argo-cd#3781).',
  check: (tree) =>
    children(tree)
      .filter(({ name }) => name === argocdName)
      .flatMap(({ file, sources }) => {
        const settings: Record<string, unknown> = Object.assign({}, ...sources.flatMap(settingsIn));
        return [healthKey, openLibrariesKey]
          .filter((key) =>
            key === openLibrariesKey ? settings[key] !== 'true' : !String(settings[key] ?? '').includes('return'),
          )
          .map((key) => ({ file, path: 'spec.sources', message: `no patch sets ${key} in argocd-cm` }));
      }),
};

const jsonnetIsOff: Rule = {
  name: 'jsonnet-is-off',
  reason:
    'Jsonnet in any folder that Argo CD reads is evaluated in its repository server, with nothing that bounds it (argo-cd docs, user-guide/tool_detection).',
  check: (tree) =>
    children(tree)
      .filter(({ name }) => name === argocdName)
      .filter(({ sources }) => Object.assign({}, ...sources.flatMap(settingsIn))[jsonnetKey] !== 'false')
      .map(({ file }) => ({
        file,
        path: 'spec.sources',
        message: `no patch sets ${jsonnetKey} to "false" in argocd-cm`,
      })),
};

/** Keys that the patches of a kustomize source write to argocd-cm. */
function settingsIn(source: unknown): Record<string, unknown>[] {
  return listAt(source, 'kustomize', 'patches').flatMap((patch) => {
    const text = at(patch, 'patch');
    if (typeof text !== 'string' || !text.includes('argocd-cm')) return [];
    const object: unknown = parse(text);
    const data = at(object, 'metadata', 'name') === 'argocd-cm' ? at(object, 'data') : undefined;
    return isMap(data) ? [data] : [];
  });
}

/** How each Application is compared and applied. */
export const applicationRules: readonly Rule[] = [
  failsOnShared,
  syncsByItself,
  valuesAreFiles,
  argocdStays,
  applicationsHaveHealth,
  jsonnetIsOff,
];
