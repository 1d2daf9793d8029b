import { existsSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { count } from '../report/count.ts';
import { RunError } from '../report/errors.ts';
import type { Reporter } from '../report/reporter.ts';
import { type NpmResult, npm } from '../tools/npm.ts';

/** The new version, checked out in a scratch folder. */
export interface Trial {
  /** The user's repository. */
  root: string;
  /** Folder of the new version. */
  folder: string;
  /** False: the installed packages suit the new version as well. */
  newPackages: boolean;
  clusters: readonly string[];
  /** Commit there with the user's tree before the upgrade. */
  before: string;
  reporter: Reporter;
}

/**
 * Computes package-lock.json for a package.json that is neither the release's nor the user's.
 *
 * @throws RunError if npm fails
 */
export async function lockPackages(folder: string, reporter: Reporter): Promise<void> {
  reporter.status('your package.json has packages of your own: computing package-lock.json');
  requireGood(
    await npm(folder, ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund']),
    'npm cannot compute package-lock.json for the new version and your packages',
  );
}

/**
 * Renders all clusters with the new version, and validates the result with it.
 *
 * @throws RunError with its output
 */
export async function tryNewVersion({ root, folder, newPackages, clusters, before, reporter }: Trial): Promise<void> {
  if (clusters.length === 0) return;
  const installed = join(root, 'node_modules');
  if (newPackages || !existsSync(installed)) {
    reporter.status('installing the packages of the new version (npm ci) in a scratch folder');
    const ci = await npm(folder, ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
    requireGood(ci, 'npm cannot install the packages of the new version');
  } else await symlink(installed, join(folder, 'node_modules'));
  reporter.status(`rendering ${count(clusters.length, 'cluster')} with the new version`);
  requireGood(
    await npm(folder, ['run', '--silent', 'render', '--', '--all', '--prune']),
    'the new version cannot render your clusters',
  );
  reporter.status('validating with the new version');
  requireGood(
    await npm(folder, ['run', '--silent', 'validate', '--', '--base', before]),
    'the new version reports mistakes in your repository',
    'Fix your files as it says (list intended deletions in removals.yaml), commit, then run it again.',
  );
}

function requireGood(result: NpmResult, what: string, hint = 'See its message above.'): void {
  if (result.exitCode === 0) return;
  throw new RunError(`${what}; nothing was changed`, { details: result.lines.slice(-40), hint });
}
