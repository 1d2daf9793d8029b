/** A pull request that shall be there. */
export interface PullRequest {
  /** Branch that it goes into. */
  base: string;
  /** Branch with the commits, in the same repository. */
  head: string;
  title: string;
  /** Markdown. */
  body: string;
  /** Tells whether the text of one that is open may be replaced by ours; absent: never. */
  mayReplace?: (body: string) => boolean;
}

/** Who may see a repository; `internal` is known to GitHub Enterprise and GitLab only. */
export type Visibility = 'private' | 'internal' | 'public';

/** A repository as its host describes it. */
export interface RepositoryState {
  /** True: nobody can write to it, and no key or hook can be added. */
  archived: boolean;
  visibility: Visibility;
  /** Whether the token's user administers it; undefined where the host does not say. Keys and hooks need it. */
  mayAdminister?: boolean;
}

/** An SSH key that may read one repository. */
export interface DeployKey {
  /** The host's own name for it. */
  id: string;
  title: string;
  /** As `ssh-ed25519 AAAA…`, without a comment. */
  publicKey: string;
  readOnly: boolean;
}

/** A call to an address after each push. */
export interface Webhook {
  /** https:// address. */
  url: string;
  /** Shared secret by which the receiver knows the host. */
  secret: string;
  /** Whether the host checks the receiver's certificate. */
  verifyTls: boolean;
}

/**
 * What a Git host can do beside git itself, for one repository. Each method throws a RunError that says in plain words which
 * right or setting is missing.
 */
export interface Host {
  /** As people know it. */
  readonly name: string;
  /** False for plain Git: then there is nothing but pushing, and every method but `repository` throws. */
  readonly hasApi: boolean;
  /** Looks at the repository. @returns undefined when there is none, or the token may not see it */
  repository(): Promise<RepositoryState | undefined>;
  /** Makes the repository, empty, for its owner (account, organisation or group), and waits until the host shows it. */
  createRepository(visibility: Visibility): Promise<void>;
  deployKeys(): Promise<DeployKey[]>;
  /** Adds a key that may read, or takes one away. */
  changeDeployKeys(change: { add?: { title: string; publicKey: string }; remove?: readonly string[] }): Promise<void>;
  /**
   * Finds the webhook for an address, and with `secret` makes it or sets it again: no host tells a secret.
   *
   * @returns the host's own name for it; undefined when there is none and nothing was to be set
   */
  webhook(url: string, set?: Omit<Webhook, 'url'>): Promise<string | undefined>;
  /** Finds the open pull request for head → base, or opens it. One that exists keeps its text, unless that may be replaced. */
  openPullRequest(request: PullRequest): Promise<{ url: string; created: boolean }>;
}

/** The kinds that there is code for; `git` is any other: push only. */
const hostKinds = ['github', 'gitea', 'gitlab', 'git'] as const;
export type HostKind = (typeof hostKinds)[number];

/** How a host's API is reached. */
export interface HostAccess {
  /** The host's web address, without a slash at its end. */
  web: string;
  /** Path of the repository on the host, as `acme/platform`. */
  repository: string;
  token: string;
  /** Whose token it is; an installation of a GitHub App is not a user. */
  tokenOf: 'user' | 'installation';
  /** PEM file of a CA to trust beside the public ones. */
  caFile?: string;
  /** Takes a line of progress while the host asks to wait. */
  report: (line: string) => void;
}
