import type { CommittedChange } from '../git/texts.ts';
import { count } from '../report/count.ts';

/** Result of an upgrade, or of its dry run. */
export interface UpgradeResult {
  from: string;
  to: string;
  /** False: the requested version is in use. */
  needed: boolean;
  dryRun: boolean;
  /** The new commit; null if none was made. */
  commit: string | null;
  /** Address of the upstream repository. */
  source: string;
  /** Upstream's commit that the user's repository is based on. */
  base: string;
  /** Files taken from the release, and files whose edits were merged. */
  files: readonly CommittedChange[];
  merged: readonly string[];
  /** The user's files, kept although the release changed them. */
  kept: readonly string[];
  /** Rendered again. */
  generated: readonly CommittedChange[];
  /** Values in package.json that the release replaced. */
  replaced: readonly string[];
  newPackages: boolean;
  /** Subjects of the release's commits, newest first. */
  release: readonly string[];
}

const most = 20;

/** The result as text: the release's changes, files by kind, and what to do next. */
export function upgradeText(result: UpgradeResult): string {
  const { from, to, dryRun, commit, files, merged, kept, generated, replaced, release } = result;
  if (!result.needed) return `Breakwater ${from} is in use: nothing to do`;
  const how = (change: CommittedChange) => `${change.change.padEnd(8)} ${change.path}`;
  return [
    ...section(`${count(release.length, 'change')} from ${from} to ${to}`, release),
    `  What they mean for you: ${show(result, 'CHANGELOG.md')}`,
    ...section(`${count(files.length, 'file')} of Breakwater's`, files.map(how)),
    ...section(`${count(merged.length, 'file')} with your edits, merged`, merged),
    ...section(`${count(kept.length, 'file')} of yours, kept although the release changed them`, kept),
    ...(kept.length === 0 ? [] : [`  What it changed there: ${lookAt(result)} -- FILE`]),
    ...section(`${count(replaced.length, 'value')} in package.json that the release replaced`, replaced),
    ...section(`${count(generated.length, 'generated file')} rendered again`, generated.map(how)),
    dryRun
      ? `Nothing was changed. Without --dry-run, this is one commit: Upgrade Breakwater from ${from} to ${to}`
      : `${commit?.slice(0, 12)}: Upgrade Breakwater from ${from} to ${to}`,
    ...(dryRun ? [] : next(result)),
  ].join('\n');
}

/** A command that shows a file of the release. */
function show({ commit, ...way }: UpgradeResult, path: string): string {
  return commit === null ? `${fetched(way)} && git show FETCH_HEAD:${path}` : path;
}

/** A command that shows what the release changed. */
export function lookAt(way: Pick<UpgradeResult, 'source' | 'base' | 'to'>): string {
  return `${fetched(way)} && git diff ${way.base.slice(0, 12)} FETCH_HEAD`;
}

function fetched({ source, to }: Pick<UpgradeResult, 'source' | 'to'>): string {
  return `git fetch --no-tags '${source.replaceAll("'", `'\\''`)}' refs/tags/v${to}`;
}

function next({ newPackages }: UpgradeResult): string[] {
  const steps = [
    ...(newPackages ? ['npm ci'] : []),
    'npm run diff -- --base HEAD~1   # the resulting changes in the clusters',
    'then push, or open a pull request. To undo it: git revert HEAD',
  ];
  return ['Next:', ...steps.map((step) => `  ${step}`)];
}

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const rest = lines.length - most;
  return [
    `${title}:`,
    ...lines.slice(0, most).map((line) => `  ${line}`),
    ...(rest > 0 ? [`  and ${rest} more (--json lists all)`] : []),
  ];
}
