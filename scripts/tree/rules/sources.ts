import { comparedUrl } from '../../config/schema/git-url.ts';
import { at, type Child, children, projects, rootOf, type Source, textsAt } from './parsed-tree.ts';
import type { Finding, Rule } from './rule.ts';

/** @returns the Applications of a tree, the root first */
export function all(tree: Parameters<Rule['check']>[0]): readonly Child[] {
  const root = rootOf(tree);
  return root === undefined ? children(tree) : [root, ...children(tree)];
}

/** @returns the file of an Application, and the path of a field of one of its sources */
export function sourceField(application: Child, source: Source, field: string): Pick<Finding, 'file' | 'path'> {
  const index = application.sources.indexOf(source);
  const several = at(application.object, 'spec', 'source') === undefined;
  return { file: application.file, path: `spec.${several ? `sources[${index}]` : 'source'}.${field}` };
}

const oneRevision: Rule = {
  name: 'one-revision',
  reason:
    'Sources of one repository at different revisions have downgraded an Argo CD that manages itself (argoproj/argo-cd#13720, #29716).',
  check(tree) {
    const own = repositoryOf(tree);
    if (own === undefined) return [];
    const uses = children(tree).flatMap((application) =>
      application.sources
        .filter(({ repoURL }) => comparedUrl(repoURL) === comparedUrl(own))
        .map((source) => ({ application, source })),
    );
    const expected = uses[0]?.source.targetRevision;
    return uses.flatMap(({ application, source }) => {
      if (source.ref !== 'values') {
        return [
          {
            ...sourceField(application, source, 'ref'),
            message: 'reads this repository, but the root does not pin it',
          },
        ];
      }
      if (source.targetRevision === expected) return [];
      const message = `"${source.targetRevision}", but other Applications have "${expected}"`;
      return [{ ...sourceField(application, source, 'targetRevision'), message }];
    });
  },
};

/** @returns the platform's repository, as the root spells it */
export function repositoryOf(tree: Parameters<Rule['check']>[0]): string | undefined {
  return rootOf(tree)?.sources[0]?.repoURL;
}

const oneSpelling: Rule = {
  name: 'one-spelling',
  reason:
    'Argo CD takes two spellings of a repository for two repositories, in its Secrets, projects and cache (argoproj/argo-cd#13720).',
  check(tree) {
    const first = new Map<string, string>();
    const uses = [
      ...all(tree).flatMap((application) =>
        application.sources.map((source) => ({ ...sourceField(application, source, 'repoURL'), url: source.repoURL })),
      ),
      ...projects(tree).flatMap(({ file, object }) =>
        textsAt(object, 'spec', 'sourceRepos').map((url) => ({ file, path: 'spec.sourceRepos', url })),
      ),
    ];
    return uses.flatMap(({ url, ...rest }): Finding[] => {
      if (typeof url !== 'string' || url === '') return [{ ...rest, message: 'is missing' }];
      if (url.endsWith('/')) return [{ ...rest, message: `"${url}" must not end with "/"` }];
      if (/^[^/]*:\/\/[^/@]*:[^/@]*@/.test(url)) return [{ ...rest, message: 'must not contain credentials' }];
      if (/^https?:\/\/gitlab\./i.test(url) && !url.endsWith('.git'))
        return [{ ...rest, message: `"${url}" must end with ".git"` }];
      const known = first.get(comparedUrl(url));
      if (known === undefined) first.set(comparedUrl(url), url);
      return known === undefined || known === url
        ? []
        : [{ ...rest, message: `"${url}" is spelled "${known}" elsewhere` }];
    });
  },
};

/** Revisions that can mean another version tomorrow; for a chart also a partial version, which Helm reads as a range. */
const floating = /^(|HEAD|latest|stable|main|master|develop|[~^<>=].*|.*[*].*)$/i;
const range = /^v?\d+(\.\d+)?$|\bx\b|\s/i;

function isFloating({ chart, targetRevision }: Source): boolean {
  const version = String(targetRevision ?? '');
  return floating.test(version) || (chart !== undefined && range.test(version));
}

const pinnedUpstreams: Rule = {
  name: 'pinned-upstreams',
  reason: 'A floating upstream changes a cluster without a commit (argoproj-labs/argocd-autopilot#557, #592).',
  check: (tree) =>
    children(tree).flatMap((application) =>
      application.sources
        .filter((source) => source.ref !== 'values' && isFloating(source))
        .map((source) => ({
          ...sourceField(application, source, 'targetRevision'),
          message: `"${source.targetRevision ?? ''}" is not an exact version`,
        })),
    ),
};

/** Sources of the Applications. */
export const sourceRules: readonly Rule[] = [oneRevision, oneSpelling, pinnedUpstreams];
