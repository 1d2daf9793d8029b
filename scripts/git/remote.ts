/** A token for https:// remotes. */
export interface TokenCredentials {
  token: string;
  /** User name that goes with it; most hosts take any. */
  username: string;
}

/** A private SSH key without passphrase, and the host's keys as `ssh-keyscan` prints them. */
interface SshCredentials {
  sshKey: string;
  knownHosts: string;
  /** Where the user has them, for messages. */
  knownHostsFrom?: string;
}

/** Where the tree is published. Secrets are resolved already: they reach git and ssh by private files only. */
export interface Remote {
  /** https://, ssh://, user@host:path or file:// address without credentials. */
  url: string;
  /** Absent: what the user's own git set-up has (credential helper, SSH agent). */
  credentials?: TokenCredentials | SshCredentials;
  /** Absolute path of a PEM file with the CA of the host's certificate. */
  caFile?: string;
  /** Is told while nothing comes from it, with the seconds so far. */
  waiting?: (seconds: number) => void;
}

/** What a remote answered. */
export interface RemoteState {
  /** Branches with the commit that each is at. */
  branches: ReadonlyMap<string, string>;
  /** The branch that its HEAD names; absent when that branch has no commit. */
  defaultBranch?: string;
}

/** What publishing did. */
export interface Published {
  /** The commit that the remote branch is at now. */
  commit: string;
  /** False when the remote had everything already. */
  pushed: boolean;
  /** Subjects of commits by others that were found on the remote; ours were put on top of them. */
  foreign: readonly string[];
  /** Why the local branch could not follow to `commit`, in one sentence; absent when it is there. */
  localBehind?: string;
}

/** What publishing for review did. */
export interface PublishedForReview extends Published {
  /** False when the base branch has everything already, so that there is nothing to open a pull request against. */
  toReview: boolean;
  /** The commit that the base branch is at. */
  base: string;
}
