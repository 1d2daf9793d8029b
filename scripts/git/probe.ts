import { longSilence, withRemote } from './connect.ts';
import type { Remote, RemoteState } from './remote.ts';
import { remoteError } from './remote-failures.ts';
import type { Git } from './run.ts';

/**
 * Asks a remote for its branches.
 *
 * @param patience milliseconds without an answer after which it is given up
 * @throws RunError with the reason and the setting to change
 */
export async function listRemote(git: Git, remote: Remote, patience = longSilence): Promise<RemoteState> {
  const listed = await withRemote(
    git,
    remote,
    (options) => git((it) => it.listRemote(['--symref', remote.url, 'HEAD', 'refs/heads/*']), options),
    patience,
  ).catch((error: unknown) => {
    throw remoteError(error, remote, 'read');
  });
  const lines = listed.split('\n').map((line) => line.split('\t'));
  const branches = new Map(
    lines.flatMap(([commit = '', ref = '']) =>
      ref.startsWith('refs/heads/') ? [[ref.slice('refs/heads/'.length), commit] as const] : [],
    ),
  );
  const symbolic = lines.find(([first = '', ref]) => first.startsWith('ref: refs/heads/') && ref === 'HEAD');
  const defaultBranch = symbolic?.[0]?.slice('ref: refs/heads/'.length);
  return defaultBranch !== undefined && branches.has(defaultBranch) ? { branches, defaultBranch } : { branches };
}
