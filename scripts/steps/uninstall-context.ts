import type { LiveApplication } from '../cluster/applications.ts';
import type { Connection } from '../cluster/connect.ts';
import type { LiveObject } from '../cluster/live.ts';
import type { Platform } from '../components/platform.ts';
import type { Cluster } from '../config/cluster.ts';
import type { Reporter } from '../report/reporter.ts';

/** What the steps of an uninstall share. */
export interface UninstallContext {
  readonly cluster: Cluster;
  readonly platform: Platform;
  readonly connection: Connection;
  readonly reporter: Reporter;
  readonly deleteData: boolean;
  /** Applications of the platform that are there. */
  readonly applications: readonly LiveApplication[];
  /** Applications that the platform's ApplicationSets made. */
  readonly tenants: readonly LiveApplication[];
  /** Objects by the Application that they belong to; `''`: applied by the bootstrap itself. */
  readonly inventory: ReadonlyMap<string, readonly LiveObject[]>;
  /** The CRDs of the platform: Argo CD's mark is not on them. */
  readonly definitions: readonly LiveObject[];
  /** What stays, by what the steps so far decided. */
  readonly kept: readonly Kept[];
  /** Namespaces among it. */
  readonly keptNamespaces: readonly string[];
}

/** Something that stays, and why. */
export interface Kept {
  what: string;
  why: string;
}

/** @returns the context of the steps that follow, with more that stays */
export function keeping(context: UninstallContext, more: readonly Kept[]): UninstallContext {
  return { ...context, kept: [...context.kept, ...more] };
}
