import { RunError } from '../report/errors.ts';
import { withRemote } from './connect.ts';
import type { GitSettings } from './environment.ts';
import type { Remote } from './remote.ts';
import { remoteError, remoteLines } from './remote-failures.ts';
import { type Git, GitFailure } from './run.ts';

/** One push of one commit to one branch. */
export interface Push {
  remote: Remote;
  /** Commit, or `:` notation's left side. */
  commit: string;
  branch: string;
  /** Replace what is there, if it is this commit (empty: if nothing is there). */
  replaces?: string;
  dryRun?: boolean;
}

/** Rejections that mean: another client pushed at the same time. */
const raced =
  /fetch first|non-fast-forward|stale info|cannot lock ref|failed to lock|failed to update ref|incorrect old value|reference already exists|remote ref updated since checkout/i;

/**
 * Pushes to the URL, not to one of the user's remotes.
 *
 * @returns `raced` when another client was faster: fetch and try again
 * @throws RunError for every other rejection
 */
export async function push(git: Git, options: Push): Promise<'pushed' | 'raced'> {
  const ref = `refs/heads/${options.branch}`;
  // simple-git's push adds --verbose, whose lines would be among those that people read.
  const args = [
    ...['push', '--porcelain', '--progress', '--no-follow-tags', '--recurse-submodules=no'],
    // A dry run asks the remote, not the user's pre-push hook.
    ...(options.dryRun === true ? ['--dry-run', '--no-verify'] : []),
    ...(options.replaces === undefined ? [] : [`--force-with-lease=${ref}:${options.replaces}`]),
    options.remote.url,
    `${options.commit}:${ref}`,
  ];
  try {
    await send(git, options.remote, args);
    return 'pushed';
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    const rejection = error.stdout.split('\n').find((line) => line.startsWith('!\t'));
    if (rejection !== undefined && raced.test(rejection)) return 'raced';
    throw rejection === undefined ? unsent(error, options) : rejected(error, rejection, options);
  }
}

/** A connection that broke; the commits may have arrived or not. */
const brokeOff = /RPC failed|HTTP\/2 (stream|framing)|unexpected disconnect/i;

/**
 * Runs git, and again over HTTP/1.1 when the connection broke: an HTTP/2 stream failed in the middle of a push to Gitea
 * (seen live). If the first push arrived after all, the second one finds nothing to do.
 */
async function send(git: Git, remote: Remote, args: string[]): Promise<void> {
  const run = (more: GitSettings) =>
    withRemote(git, remote, (connection) =>
      git.raw(args, { ...connection, settings: [...(connection.settings ?? []), ...more], hooks: true }),
    );
  try {
    await run([]);
  } catch (error) {
    const again = error instanceof GitFailure && !error.timedOut && brokeOff.test(error.stderr);
    if (!again || !remote.url.startsWith('https://')) throw error;
    await run([['http.version', 'HTTP/1.1']]);
  }
}

/** Nothing was sent: the remote is unreachable, or the user's pre-push hook refused. */
function unsent(error: GitFailure, { remote, branch }: Push): unknown {
  const reachable = /^error: failed to push some refs/m.test(error.stderr) && !/^(fatal|remote):/m.test(error.stderr);
  if (!reachable || error.timedOut) return remoteError(error, remote, 'push to');
  return new RunError(`the pre-push hook refused the push to ${branch}`, {
    // stdout has the hook's output among git's own lines.
    details: [...hookLines(error.stdout), ...remoteLines(error.stderr)],
    hint: 'The commit is on your local branch. Fix what the hook reports, then run it again: only the push is left.',
    cause: error,
  });
}

/** Lines of a stdout that `git push --porcelain` did not print: https://git-scm.com/docs/git-push#_output */
function hookLines(stdout: string): string[] {
  return stdout.split('\n').filter((line) => line.trim() !== '' && !/^(To |Done$|[ =!*+-]\t)/.test(line));
}

function rejected(error: GitFailure, rejection: string, { remote, branch }: Push): RunError {
  const reason = /\[[^\]]*\] \((.*)\)$/.exec(rejection)?.[1] ?? rejection;
  const options = { details: [...remoteLines(error.stderr), reason], cause: error };
  if (/checked out/.test(reason)) {
    return new RunError(`${remote.url} has a work tree, and ${branch} is checked out in it`, {
      ...options,
      hint: 'Push to a bare repository (git init --bare).',
    });
  }
  const protection = /hook declined|protected|pull request|merge request|GH00|policy|not allowed|denied|refused/i;
  if (protection.test([reason, error.stderr].join('\n'))) {
    return new RunError(`${remote.url} refused the push to ${branch}: ${reason}`, {
      ...options,
      hint: `The commit is on your local branch. If ${branch} is protected, set git.publish: pull-request and run it again; otherwise permit the bootstrap's user to push to it.`,
    });
  }
  return new RunError(`${remote.url} refused the push to ${branch}: ${reason}`, {
    ...options,
    hint: 'The commit is on your local branch. See the message from the host above.',
  });
}
