import type { RuleFinding } from './index.ts';

/** An entry of the repository as Git has it, or would take it with `git add`. */
export interface RepositoryEntry {
  /** Relative to the root, with forward slashes. */
  path: string;
  /** `submodule`: a commit of another repository. `repository`: one that `git add` would make a submodule. */
  kind: 'file' | 'link' | 'submodule' | 'repository';
  /** What a link leads to, as it is written. */
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
    'Argo CD follows links within the repository when it reads values and manifests, so another file than the one that was reviewed decides (argo-cd: util/io/path/resolved.go).',
  check: ({ path, kind }) =>
    kind === 'link' && isRead(path)
      ? 'is a symbolic link: put the file itself in its place, and "git add" it'
      : undefined,
};

const linksStayInside: EntryRule = {
  name: 'links-stay-inside',
  reason:
    'Argo CD refuses a whole repository with such a link ("contains out-of-bounds symlinks"): no Application gets a change any more (argo-cd: util/app/path/path.go).',
  check: ({ path, target }) =>
    target !== undefined && leadsOut(path, target)
      ? `leads out of the repository, to ${target}: remove it, or let it lead to a file inside`
      : undefined,
};

const noSubmodules: EntryRule = {
  name: 'no-submodules',
  reason:
    'Argo CD fetches submodules at every checkout; one that it cannot fetch stops each Application of each cluster (argo-cd: util/git/client.go).',
  check({ path, kind }) {
    if (kind === 'submodule')
      return `is a submodule: remove it with "git rm --cached ${path}", and add its files or none`;
    if (path === '.gitmodules') return 'names submodules: remove it, and each submodule in it';
    if (kind === 'repository' && isRead(path))
      return 'is a Git repository of its own, which "git add" makes a submodule: move it away';
    return undefined;
  },
};

const noSourceOverrides: EntryRule = {
  name: 'no-source-overrides',
  reason:
    'Argo CD lays such a file over the source of an Application, and so changes how its folder is built (argo-cd docs, user-guide/parameters).',
  check: ({ path }) =>
    isRead(path) && /(^|\/)\.argocd-source(-[^/]*)?\.yaml$/.test(path)
      ? 'changes how Argo CD builds this folder: remove it'
      : undefined,
};

/** What no entry of the repository may be, whichever cluster reads it. */
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

/** As Argo CD walks a link: an absolute one leads out, and no part of the way may leave the root. */
function leadsOut(path: string, target: string): boolean {
  if (target.startsWith('/')) return true;
  const way = path.split('/').slice(0, -1);
  return target.split('/').some((part) => {
    if (part === '..') return way.pop() === undefined;
    if (part !== '' && part !== '.') way.push(part);
    return false;
  });
}
