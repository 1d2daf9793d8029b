import semver from 'semver';
import { trailer } from '../git/commit.ts';
import { fastForward, uncommitted } from '../git/fast-forward.ts';
import { makeCommit, mergeTrees, treeOf } from '../git/merge-trees.ts';
import { fetchTags, type ReleaseSource, readReleaseSource } from '../git/release-source.ts';
import { openRepository } from '../git/repository.ts';
import {
  changeTree,
  checkOutCommit,
  commitFiles,
  entriesOf,
  findOrigin,
  openScratchRepository,
  type ScratchRepository,
  scratchBranch,
  textIn,
  writeText,
} from '../git/scratch-repository.ts';
import { changesBetween, subjects } from '../git/texts.ts';
import { RunError, UsageError } from '../report/errors.ts';
import type { Reporter } from '../report/reporter.ts';
import { mergePackage, packageText, samePackages } from './upgrade-package.ts';
import { conflictText, isIn, packageFiles, planUpgrade, type UpgradePlan, type UpgradeStates } from './upgrade-plan.ts';
import { lookAt, type UpgradeResult } from './upgrade-text.ts';
import { lockPackages, tryNewVersion } from './upgrade-try.ts';
import { chooseTag, versionOfTag } from './upgrade-versions.ts';

/** Options of an upgrade. */
export interface UpgradeRequest {
  root: string;
  /** URL, path or remote of the upstream repository. */
  from: string;
  /** The tag; absent: the newest release. */
  to: string | undefined;
  /** Breakwater's files and folders that the user keeps unchanged. */
  keep: readonly string[];
  /** Restores scripts/dev if it was removed. */
  withRig: boolean;
  dryRun: boolean;
  reporter: Reporter;
}

/** Start and end of the upgrade, as upstream's commits. */
interface Way {
  from: string;
  to: string;
  base: string;
  target: string;
  /** The user's commit. */
  head: string;
}

/**
 * Upgrades the user's repository to another version of Breakwater in one commit. A scratch repository merges, renders and
 * validates with the new version first; only if all succeed does the branch move.
 *
 * @throws UsageError for a missing or older tag; RunError for conflicts and failures
 */
export async function upgrade(request: UpgradeRequest): Promise<UpgradeResult> {
  const { root, reporter } = request;
  const repository = await openRepository(root);
  const { head } = await repository.requireCommittable();
  if (head === undefined) throw new RunError('there is no commit yet', { hint: 'git add -A && git commit -m "Start"' });
  await requireClean(root);
  const from = packageText((await repository.headText(['package.json'])).get('package.json'), 'version');
  if (from === undefined || versionOfTag(`v${from}`) === undefined)
    throw new RunError('package.json does not say which version of Breakwater this is', {
      hint: 'Set its "version" to the one that you started from, as "0.1.0", and commit.',
    });
  reporter.status(`reading releases of ${request.from}`);
  const source = await readReleaseSource(root, request.from);
  const tag = chooseTag([...source.tags.keys()], request.to);
  const to = versionOfTag(tag) ?? '';
  if (semver.compare(to, from) < 0)
    throw new UsageError(`${tag} is older than ${from}, which is in use`, {
      hint: 'To undo an upgrade, revert its commit: git revert.',
    });
  if (semver.compare(to, from) === 0) return nothingToDo(request, source, from);
  const scratch = await openScratchRepository(root);
  try {
    const way = await findWay(request, scratch, source, { from, to, head, target: source.tags.get(tag) ?? '' });
    return await upgradeIn(scratch, request, source, way);
  } finally {
    await scratch.remove();
  }
}

async function requireClean(root: string): Promise<void> {
  const dirty = await uncommitted(root);
  if (dirty.length === 0) return;
  throw new RunError('there are uncommitted changes; nothing was changed', {
    details: dirty.slice(0, 20),
    hint: 'Commit or stash them (git stash --include-untracked), then run again.',
  });
}

function nothingToDo({ dryRun }: UpgradeRequest, source: ReleaseSource, version: string): UpgradeResult {
  const none = { files: [], merged: [], kept: [], generated: [], replaced: [], release: [], newPackages: false };
  const base = source.tags.get(`v${version}`) ?? '';
  return { from: version, to: version, needed: false, dryRun, commit: null, source: source.url, base, ...none };
}

/** Fetches both versions, and finds the upstream commit that the user's repository was made from. */
async function findWay(
  { root, reporter }: UpgradeRequest,
  scratch: ScratchRepository,
  source: ReleaseSource,
  way: Omit<Way, 'base'>,
): Promise<Way> {
  const { git, objects } = scratch;
  const { from, to, target } = way;
  const tags = [`v${to}`, `v${from}`].filter((tag) => source.tags.has(tag));
  reporter.status(`fetching ${tags.join(' and ')}`);
  await fetchTags(root, source, tags, objects);
  const released = packageText(await textIn(git, target, 'package.json'), 'version');
  if (released !== to)
    throw new RunError(`the tag v${to} holds version ${released ?? 'none'} in its package.json: it is not a release`, {
      hint: 'Choose another with --to. Nothing was changed.',
    });
  const origin = await findOrigin(scratch, root, target);
  const fits = origin !== undefined && packageText(await textIn(git, origin, 'package.json'), 'version') === from;
  const base = fits ? origin : source.tags.get(`v${from}`);
  if (base === undefined)
    throw new RunError(`package.json says ${from}, and ${source.url} has no tag v${from} to compare with`, {
      hint: 'Set "version" in package.json to the version of Breakwater that you started from, and commit.',
    });
  return { ...way, base };
}

async function upgradeIn(
  scratch: ScratchRepository,
  request: UpgradeRequest,
  source: ReleaseSource,
  way: Way,
): Promise<UpgradeResult> {
  const { git, folder } = scratch;
  const { root, reporter, dryRun } = request;
  const states: UpgradeStates = {
    base: await entriesOf(git, way.base),
    ours: await entriesOf(git, way.head),
    theirs: await entriesOf(git, way.target),
  };
  requireKept(request.keep, states);
  const plan = planUpgrade(states, request.keep, request.withRig);
  const before = await makeCommit(git, await treeOf(git, way.head));
  const merged = await mergeByPlan(scratch, way, states, plan, source);
  const { replaced, programs, newPackages } = await withPackages(scratch, way, {
    merged,
    before,
    states,
    reporter,
    address: source.address,
  });
  const clusters = [...states.ours.keys()].filter((path) => /^clusters\/[^/]+\/cluster\.yaml$/.test(path));
  await tryNewVersion({ root, folder, newPackages, clusters, before, reporter });
  const rendered = await commitFiles(scratch, before);
  const { base, head, target, ...versions } = way;
  const commit = dryRun
    ? null
    : await fastForward(root, { folder, branch: scratchBranch, head, message: message(source, way) });
  const released = await changesBetween(git, before, programs);
  return {
    ...versions,
    needed: true,
    dryRun,
    commit,
    source: source.url,
    base,
    files: released.filter(({ path }) => !plan.merge.includes(path)),
    merged: plan.merge,
    kept: plan.kept,
    generated: await changesBetween(git, programs, rendered),
    replaced,
    newPackages,
    release: await subjects(git, base, target),
  };
}

/** Input for completing the merge. */
interface Merged {
  /** Tree of all other files. */
  merged: string;
  /** Commit of the user's tree. */
  before: string;
  states: UpgradeStates;
  reporter: Reporter;
  /** Address to record for the next upgrade. */
  address: string | undefined;
}

/**
 * Adds package.json and package-lock.json, and checks everything out in the scratch repository.
 *
 * @returns the commit of the merge (`programs`), and how its packages differ from the user's
 */
async function withPackages(
  scratch: ScratchRepository,
  way: Way,
  { merged, before, states, reporter, address }: Merged,
) {
  const { git, folder } = scratch;
  const { manifest, lock, replaced } = mergePackage(
    {
      base: await textIn(git, way.base, 'package.json'),
      ours: await textIn(git, way.head, 'package.json'),
      theirs: await textIn(git, way.target, 'package.json'),
    },
    address,
  );
  const side = lock === 'ours' ? states.ours : states.theirs;
  const files = new Map([
    ['package.json', await writeText(git, manifest)],
    ['package-lock.json', side.get('package-lock.json')],
  ]);
  await checkOutCommit(git, await makeCommit(git, await changeTree(scratch, merged, files), before));
  if (lock === 'neither') await lockPackages(folder, reporter);
  const programs = await commitFiles(scratch, before);
  const [old, now] = await Promise.all([way.head, programs].map((commit) => textIn(git, commit, 'package-lock.json')));
  return { replaced, programs, newPackages: !samePackages(old, now) };
}

/** @returns the tree of the user's files and the release's, without package.json and package-lock.json */
async function mergeByPlan(
  scratch: ScratchRepository,
  way: Way,
  states: UpgradeStates,
  plan: UpgradePlan,
  source: ReleaseSource,
): Promise<string> {
  const { git } = scratch;
  const [base, ours] = [await treeOf(git, way.base), await treeOf(git, way.head)];
  const theirs = await changeTree(scratch, base, new Map(plan.merge.map((path) => [path, states.theirs.get(path)])));
  const merged = await mergeTrees(git, { base, ours, theirs });
  if ('tree' in merged) return await changeTree(scratch, merged.tree, plan.take);
  const { conflicts } = merged;
  throw new RunError(`${conflicts.length === 1 ? 'a file is' : 'files are'} in conflict; nothing was changed`, {
    details: conflicts.map((path) => conflictText(path, states)),
    hint: `See what the release changed: ${lookAt({ source: source.url, base: way.base, to: way.to })} -- FILE. Then either bring it into your file, commit, and run again with --keep ${conflicts.join(',')}; or put the file back as it was released (git show ${way.base.slice(0, 12)}:FILE > FILE), commit, and run again.`,
  });
}

/** @throws UsageError for a path that cannot be kept */
function requireKept(keep: readonly string[], { ours, theirs, base }: UpgradeStates): void {
  const all = [...ours.keys(), ...theirs.keys(), ...base.keys()];
  for (const place of keep) {
    if (packageFiles.has(place))
      throw new UsageError(`${place} can't be kept: it says which version is in use`, {
        hint: 'What you added to it stays anyway.',
      });
    if (!all.some((path) => isIn([place], path)))
      throw new UsageError(`--keep: there is no ${JSON.stringify(place)}, neither here nor in the release`, {
        hint: 'Give paths from the root of the repository, separated by commas.',
      });
  }
}

function message({ url }: ReleaseSource, { from, to, target }: Way): string {
  return `Upgrade Breakwater from ${from} to ${to}

From ${url} at ${target.slice(0, 12)}.

${trailer.key}: ${trailer.value}
`;
}
