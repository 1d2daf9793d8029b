import type { RehearsalSite } from '../site.ts';

/** Something that a rehearsal tries on the running platform. */
export interface Check {
  /** For --only, and as the group of its results. */
  name: string;
  /** What it shows, as a short sentence. */
  title: string;
  /** Part of the quick profile. */
  quick: boolean;
  /** @returns why it can't be tried on this site; undefined when it can */
  needs?(site: RehearsalSite): string | undefined | Promise<string | undefined>;
  /**
   * Records what it sees by site.record.check, and leaves the platform as it found it: its commits reverted, all Healthy.
   *
   * @throws when it can't go on; that counts as one failed check
   */
  run(site: RehearsalSite): Promise<void>;
}
