/** What is going on in a repository. */
export interface RepositoryState {
  /** Current branch; absent when HEAD is detached. */
  branch?: string;
  /** Commit at HEAD; absent when there is none yet. */
  head?: string;
  /** What was begun and not finished: merge, rebase, cherry-pick, revert, bisect, or am. */
  unfinished?: string;
  shallow: boolean;
  /** False when user.name or user.email is not set anywhere. */
  identity: boolean;
  /** Files with unresolved conflicts. */
  conflicts: readonly string[];
}
