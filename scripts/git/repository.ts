import type { Published, Remote, RemoteState } from './remote.ts';
import type { RepositoryState } from './state.ts';

/** A path that differs from HEAD. */
export interface DirtyPath {
  path: string;
  /** The index differs from HEAD. */
  staged: boolean;
  /** The file differs from the index, or is new. */
  unstaged: boolean;
}

/** The user's repository. Paths are relative to its root, with forward slashes. */
export interface Repository {
  readonly root: string;
  state(): Promise<RepositoryState>;
  /** Looks whether a commit can be made here. @throws RunError saying why not and what to do */
  requireCommittable(): Promise<RepositoryState>;
  /** Texts of those of the paths that HEAD has. */
  headText(paths: readonly string[]): Promise<Map<string, string>>;
  /** Texts of those of the paths that the index has. */
  stagedText(paths: readonly string[]): Promise<Map<string, string>>;
  /** Those of the paths that differ from HEAD. */
  dirty(paths: readonly string[]): Promise<readonly DirtyPath[]>;
  /** Commits the paths as they are on disk (absent files as deletions) and nothing else, whatever is staged. */
  commit(options: { paths: readonly string[]; message: string }): Promise<{ commit: string } | 'nothing'>;
  /** Asks the remote what it has. @throws RunError naming the setting to change */
  probe(remote: Remote): Promise<RemoteState>;
  /** Asks the remote whether it would take a push, without changing it; a protected branch shows at the push only. */
  requirePushable(options: { remote: Remote; branch: string }): Promise<void>;
  /** Pushes HEAD to the branch; onto what others pushed meanwhile, without touching the user's files. */
  publish(options: { remote: Remote; branch: string }): Promise<Published>;
  /** Pushes what HEAD has beyond `base` to a branch of our own (`review`), for a pull request. */
  publishForReview(options: { remote: Remote; base: string; review: string }): Promise<Published>;
}
