import { revisionAnnotation } from '../../../components/domain.ts';
import {
  at,
  type Child,
  children,
  folderOf,
  isMap,
  listAt,
  optionsOf,
  type ParsedTree,
  rootOf,
  textsAt,
} from '../../../tree/rules/parsed-tree.ts';
import type { Finding, Rule } from '../../../tree/rules/rule.ts';

const rootRevision = '${ARGOCD_APP_REVISION}';
const manifestPaths = 'argocd.argoproj.io/manifest-generate-paths';

/** Checks the root Application, which must exist. */
function ofRoot(tree: ParsedTree, check: (root: Child) => Omit<Finding, 'file'>[]): Finding[] {
  const root = rootOf(tree);
  if (root === undefined)
    return [{ file: `${folderOf(tree)}/bootstrap.yaml`, message: 'the root Application is missing' }];
  return check(root).map((finding) => ({ file: root.file, ...finding }));
}

const rootAppliesEverything: Rule = {
  name: 'root-applies-everything',
  reason:
    'With ApplyOutOfSyncOnly the root skips the children whose pin it should rewrite, and Replace would recreate them (argoproj/argo-cd#29649).',
  check: (tree) =>
    ofRoot(tree, ({ object }) =>
      [...textsAt(object, 'spec', 'syncPolicy', 'syncOptions'), ...optionsOf(object, 'argocd.argoproj.io/sync-options')]
        .filter((option) => /^(ApplyOutOfSyncOnly|Replace|Force)=true$/.test(option))
        .map((option) => ({ path: 'spec.syncPolicy.syncOptions', message: `the root must not have ${option}` })),
    ),
};

const rootCanGo: Rule = {
  name: 'root-has-no-finalizer',
  reason: 'A finalizer on the root removes the whole platform with it (argo-cd docs, user-guide/app_deletion).',
  check: (tree) =>
    ofRoot(tree, ({ object }) =>
      (object.metadata.finalizers ?? []).length === 0
        ? []
        : [{ path: 'metadata.finalizers', message: 'the root must have no finalizers' }],
    ),
};

const rootSeesEveryCommit: Rule = {
  name: 'root-sees-every-commit',
  reason:
    'With manifest-generate-paths a commit outside of these paths is not compared, and the pin stays behind (argo-cd docs, operator-manual/high_availability).',
  check: (tree) =>
    ofRoot(tree, ({ object }) =>
      object.metadata.annotations?.[manifestPaths] === undefined
        ? []
        : [{ path: `metadata.annotations.${manifestPaths}`, message: 'the root must not have it' }],
    ),
};

const rootRetries: Rule = {
  name: 'root-retries',
  reason:
    'Auto-sync does not repeat a failed revision, so only a retry without limit and with refresh picks up a fix automatically (argoproj/argo-cd#11494, #20816).',
  check: (tree) =>
    ofRoot(tree, ({ object }) => {
      const retry = at(object, 'spec', 'syncPolicy', 'retry');
      return [
        ...(at(retry, 'limit') === -1 ? [] : [{ path: 'spec.syncPolicy.retry.limit', message: 'must be -1' }]),
        ...(at(retry, 'refresh') === true ? [] : [{ path: 'spec.syncPolicy.retry.refresh', message: 'must be true' }]),
      ];
    }),
};

const rootPins: Rule = {
  name: 'root-pins',
  reason:
    'Without the pin each child follows the branch automatically, and waves hold on the first sync only (argoproj/argo-cd#29649).',
  check: (tree) => [
    ...ofRoot(tree, ({ object }) => {
      const kustomize = at(object, 'spec', 'source', 'kustomize');
      const annotation = at(kustomize, 'commonAnnotations', revisionAnnotation);
      return [
        ...(annotation === rootRevision
          ? []
          : [
              {
                path: `spec.source.kustomize.commonAnnotations.${revisionAnnotation}`,
                message: `must be ${rootRevision}`,
              },
            ]),
        ...(at(kustomize, 'commonAnnotationsEnvsubst') === true
          ? []
          : [{ path: 'spec.source.kustomize.commonAnnotationsEnvsubst', message: 'must be true' }]),
      ];
    }),
    ...replacementFindings(tree),
  ],
};

function kustomizationOf(tree: ParsedTree): { file: string; kustomization: unknown } {
  const file = `${folderOf(tree)}/apps/kustomization.yaml`;
  return { file, kustomization: tree.files.get(file)?.documents[0] };
}

/** The kustomization copies the annotation, from one of the objects, into each child's own source. */
function replacementFindings(tree: ParsedTree): Finding[] {
  const { file, kustomization } = kustomizationOf(tree);
  const pins = listAt(kustomization, 'replacements').some((replacement) => {
    const from = String(at(replacement, 'source', 'fieldPath'));
    return (
      from.includes(revisionAnnotation) &&
      listAt(replacement, 'targets').some(
        (target) =>
          at(target, 'select', 'kind') === 'Application' &&
          textsAt(target, 'fieldPaths').includes('spec.sources.[ref=values].targetRevision'),
      )
    );
  });
  if (pins) return [];
  const message = `must copy the annotation ${revisionAnnotation} into spec.sources.[ref=values].targetRevision of each Application`;
  return [{ file, path: 'replacements', message }];
}

const kustomizationIsWhole: Rule = {
  name: 'kustomization-is-whole',
  reason:
    'Kustomize applies what its kustomization lists and nothing else, so a forgotten file is pruned (kubectl kustomize reference, resources).',
  check(tree) {
    const { file, kustomization } = kustomizationOf(tree);
    if (!isMap(kustomization)) return [{ file, message: 'is missing' }];
    const folder = `${folderOf(tree)}/apps/`;
    const listed = textsAt(kustomization, 'resources');
    const there = [...tree.files.keys()]
      .filter((path) => path.startsWith(folder) && path !== file && /\.ya?ml$/.test(path))
      .map((path) => path.slice(folder.length));
    const twice = listed.filter((name, index) => listed.indexOf(name) !== index);
    return [
      ...there.filter((name) => !listed.includes(name)).map((name) => `does not list ${name}`),
      ...listed.filter((name) => !there.includes(name)).map((name) => `lists ${name}, which is not there`),
      ...twice.map((name) => `lists ${name} twice`),
    ].map((message) => ({ file, path: 'resources', message }));
  },
};

const childrenGiveUp: Rule = {
  name: 'children-retry-a-few-times',
  reason:
    "A child's retry repeats the sources that it began with, the old pin included, so it must end for a newer commit to be taken (argoproj/argo-cd#28794).",
  check: (tree) =>
    children(tree).flatMap(({ file, object }) => {
      const limit = at(object, 'spec', 'syncPolicy', 'retry', 'limit');
      const bounded = typeof limit === 'number' && limit >= 1 && limit <= 10;
      const refresh = at(object, 'spec', 'syncPolicy', 'retry', 'refresh');
      return [
        ...(bounded ? [] : [{ file, path: 'spec.syncPolicy.retry.limit', message: 'must be 1 to 10' }]),
        ...(refresh === true ? [{ file, path: 'spec.syncPolicy.retry.refresh', message: 'serves the root only' }] : []),
      ];
    }),
};

/** The root Application: how it pins and retries. */
export const rootRules: readonly Rule[] = [
  rootAppliesEverything,
  rootCanGo,
  rootSeesEveryCommit,
  rootRetries,
  rootPins,
  kustomizationIsWhole,
  childrenGiveUp,
];
