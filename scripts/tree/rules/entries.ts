import type { RuleFinding } from './index.ts';

/** An entry of the repository as Git has it, or would take it with `git add`. */
export interface RepositoryEntry {
  /** Relative to the root, with forward slashes. */
  path: string;
  /** `submodule`: a commit of another repository. `repository`: a clone that `git add` would turn into a submodule. */
  kind: 'file' | 'link' | 'submodule' | 'repository';
  /** Target of a link, as written. */
  target?: string;
}

/** Folders that Argo CD reads values, manifests and charts from. */
const readByArgocd = ['clusters', 'infrastructure', 'apps', 'tenants'];

interface EntryRule {
  name: string;
  reason: string;
  /** @returns what is wrong with the entry and what to do; undefined when nothing is */
  check(entry: RepositoryEntry): string | undefined;
}

const noLinks: EntryRule = {
  name: 'no-links',
  reason:
    'Argo CD follows links when it reads values and manifests, so it may apply another file than the reviewed one (argo-cd: util/io/path/resolved.go).',
  check: ({ path, kind }) =>
    kind === 'link' && isRead(path)
      ? 'is a symbolic link: replace it with the file itself, and "git add" it'
      : undefined,
};

const linksStayInside: EntryRule = {
  name: 'links-stay-inside',
  reason:
    'Argo CD rejects the whole repository for such a link ("contains out-of-bounds symlinks"), so no Application gets changes any more (argo-cd: util/app/path/path.go).',
  check: ({ path, target }) =>
    target !== undefined && leadsOut(path, target)
      ? `is a link out of the repository, to ${target}: remove it, or point it at a file inside`
      : undefined,
};

const noSubmodules: EntryRule = {
  name: 'no-submodules',
  reason:
    'Argo CD fetches submodules at every checkout; one that it cannot fetch stops every Application of every cluster (argo-cd: util/git/client.go).',
  check({ path, kind }) {
    if (kind === 'submodule')
      return `is a submodule: remove it with "git rm --cached ${path}"; if you need its files, add them as files`;
    if (path === '.gitmodules') return 'lists submodules: remove it, and every submodule it lists';
    if (kind === 'repository' && isRead(path))
      return 'is a Git repository of its own, and "git add" would make it a submodule: move it away';
    return undefined;
  },
};

const noSourceOverrides: EntryRule = {
  name: 'no-source-overrides',
  reason:
    'Such a file overrides the source of an Application, and so changes how Argo CD builds the folder (argo-cd docs, user-guide/parameters).',
  check: ({ path }) =>
    isRead(path) && /(^|\/)\.argocd-source(-[^/]*)?\.yaml$/.test(path)
      ? 'changes how Argo CD builds this folder: remove it'
      : undefined,
};

/** Rules for every entry of the repository, for all clusters. */
const entryRules: readonly EntryRule[] = [noLinks, linksStayInside, noSubmodules, noSourceOverrides];

/** Checks what a repository holds, by names and kinds alone. */
export function checkEntries(entries: readonly RepositoryEntry[]): RuleFinding[] {
  return entryRules.flatMap(({ name, reason, check }) =>
    entries.flatMap((entry) => {
      const message = check(entry);
      return message === undefined ? [] : [{ rule: name, reason, file: entry.path, message }];
    }),
  );
}

function isRead(path: string): boolean {
  return readByArgocd.some((folder) => path === folder || path.startsWith(`${folder}/`));
}

/** As Argo CD resolves a link: an absolute target is outside, and no step of the path may leave the root. */
function leadsOut(path: string, target: string): boolean {
  if (target.startsWith('/')) return true;
  const folders = path.split('/').slice(0, -1);
  return target.split('/').some((part) => {
    if (part === '..') return folders.pop() === undefined;
    if (part !== '' && part !== '.') folders.push(part);
    return false;
  });
}
