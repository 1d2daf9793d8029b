import type { RehearsalSite } from '../site.ts';

/** One test of the running platform. */
export interface Check {
  /** For --only, and as the group of its results. */
  name: string;
  /** What it proves, as a short sentence. */
  title: string;
  /** Part of the quick profile. */
  quick: boolean;
  /** @returns why it can't be tried on this site; undefined when it can */
  needs?(site: RehearsalSite): string | undefined | Promise<string | undefined>;
  /**
   * Records its results with site.record.check, and leaves the platform as it found it: commits reverted, everything Healthy.
   *
   * @throws if it cannot continue; that counts as one failed check
   */
  run(site: RehearsalSite): Promise<void>;
}
