/** A pull request that shall be there. */
export interface PullRequest {
  /** Branch that it goes into. */
  base: string;
  /** Branch with the commits, in the same repository. */
  head: string;
  title: string;
  /** Markdown. */
  body: string;
}

/** What a Git host can do beside git itself, for one repository. */
export interface Host {
  /** As people know it. */
  readonly name: string;
  /**
   * Finds the open pull request for head → base, or opens it. One that exists keeps its title and text.
   *
   * @returns its address for people
   * @throws RunError saying which right or setting is missing
   */
  openPullRequest(request: PullRequest): Promise<{ url: string; created: boolean }>;
}
