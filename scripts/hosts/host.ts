/** The pull request to open. */
export interface PullRequest {
  /** Branch that it goes into. */
  base: string;
  /** Branch with the commits, in the same repository. */
  head: string;
  title: string;
  /** Markdown. */
  body: string;
  /** Whether ours may replace the text of an open one. Default: never. */
  mayReplace?: (body: string) => boolean;
}

/** Who may see a repository; `internal` exists only on GitHub Enterprise and GitLab. */
export type Visibility = 'private' | 'internal' | 'public';

/** What a run does with the token, besides reading: a pull request, deploy keys, webhooks. */
export type TokenUse = 'pulls' | 'keys' | 'hooks';

/** A repository as its host describes it. */
export interface HostedRepository {
  /** True: it is read-only, and no key or hook can be added. */
  archived: boolean;
  visibility: Visibility;
  /** Whether the token's user administers it; undefined where the host does not say. Keys and hooks need it. */
  mayAdminister?: boolean;
}

/** An SSH key that may read one repository. */
export interface DeployKey {
  /** The host's id. */
  id: string;
  title: string;
  /** As `ssh-ed25519 AAAA…`, without a comment. */
  publicKey: string;
  readOnly: boolean;
}

/** A call by the host after each push. */
export interface Webhook {
  /** https:// address. */
  url: string;
  /** Shared secret that authenticates the host. */
  secret: string;
  /** Whether the host checks the receiver's certificate. */
  verifyTls: boolean;
}

/**
 * What a Git host offers besides git itself, for one repository. Each method throws a RunError with the missing permission
 * or setting.
 */
export interface Host {
  /** Display name. */
  readonly name: string;
  /** False for plain Git, which can only push: then every method but `repository` throws. */
  readonly hasApi: boolean;
  /** Reads the repository. @returns undefined when there is none, or the token cannot see it */
  repository(): Promise<HostedRepository | undefined>;
  /**
   * @returns for each use that the token's scopes or its user's role do not permit, the permission that it needs. What the host does not
   * tell (fine-grained tokens, Apps, Gitea's scopes) shows when it is used.
   */
  missingRights(): Promise<Partial<Record<TokenUse, string>>>;
  /** Creates the repository, empty, for its owner (account, organization or group), and waits until the host shows it. */
  createRepository(visibility: Visibility): Promise<void>;
  deployKeys(): Promise<DeployKey[]>;
  /** Adds a read-only key, or removes keys. */
  changeDeployKeys(change: { add?: { title: string; publicKey: string }; remove?: readonly string[] }): Promise<void>;
  /**
   * Finds the webhook for an address; with `set`, creates or overwrites it, because no host reveals a secret.
   *
   * @returns its id on the host; undefined when there is none and `set` is absent
   */
  webhook(url: string, set?: Omit<Webhook, 'url'>): Promise<string | undefined>;
  /** Finds the open pull request for head → base, or opens it. An existing one keeps its text, unless `mayReplace` permits. */
  openPullRequest(request: PullRequest): Promise<{ url: string; created: boolean }>;
}

/** The supported kinds; `git` is any other, for pushing only. */
const hostKinds = ['github', 'gitea', 'gitlab', 'git'] as const;
export type HostKind = (typeof hostKinds)[number];

/** Access to a host's API. */
export interface HostAccess {
  /** The host's web address, without a slash at its end. */
  web: string;
  /** Path of the repository on the host, as `acme/platform`. */
  repository: string;
  token: string;
  /** Owner of the token; an installation of a GitHub App is not a user. */
  tokenOf: 'user' | 'installation';
  /** PEM file of a CA to trust in addition to the public ones. */
  caFile?: string;
  /** Takes a line of progress while the host asks to wait. */
  report: (line: string) => void;
}
