/** A token for https:// remotes. */
export interface TokenCredentials {
  token: string;
  /** User name for it; most hosts accept any. */
  username: string;
}

/** A private SSH key without passphrase, and the host's keys as `ssh-keyscan` prints them. */
interface SshCredentials {
  sshKey: string;
  knownHosts: string;
  /** The user's file or variable with them, for messages. */
  knownHostsFrom?: string;
}

/** The repository that the tree is published to. Secrets are resolved; git and ssh get them in private files only. */
export interface Remote {
  /** https://, ssh://, user@host:path or file:// address without credentials. */
  url: string;
  /** Absent: the user's own git setup (credential helper, SSH agent). */
  credentials?: TokenCredentials | SshCredentials;
  /** Absolute path of a PEM file with the CA of the host's certificate. */
  caFile?: string;
}

/** Branches of a remote. */
export interface RemoteState {
  /** Commit by branch. */
  branches: ReadonlyMap<string, string>;
  /** The branch that its HEAD names; absent when that branch has no commit. */
  defaultBranch?: string;
}

/** Result of publishing. */
export interface Published {
  /** Commit of the remote branch. */
  commit: string;
  /** False when the remote was up to date. */
  pushed: boolean;
  /** Subjects of commits by others on the remote; ours were rebased onto them. */
  foreign: readonly string[];
  /** Reason why the local branch is not at `commit`, in one sentence; absent when it is. */
  localBehind?: string;
}

/** Result of publishing for review. */
export interface PublishedForReview extends Published {
  /** False when the base branch is up to date: there is nothing to propose. */
  toReview: boolean;
  /** Commit of the base branch. */
  base: string;
}
