import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeLeftovers } from '../processes/leftovers.ts';
import { credentialLines, remoteSettings, sshCommand } from './environment.ts';
import type { Remote } from './remote.ts';
import { type Git, type GitOptions, orUndefined } from './run.ts';

/** Milliseconds without output after which a remote is given up. */
export const longSilence = 30_000;

/**
 * Calls `use` with the options that git needs to reach a remote. Meanwhile a configured token or SSH key is in a private temporary folder.
 *
 * @param silence milliseconds without output after which the remote is given up
 */
export async function withRemote<T>(
  git: Git,
  remote: Remote,
  use: (options: GitOptions) => Promise<T>,
  silence = longSilence,
): Promise<T> {
  // git's HTTP process outlives a killed git, so it has its own limit, a second earlier.
  const giveUp = [
    ['http.lowSpeedLimit', '1'],
    ['http.lowSpeedTime', String(Math.ceil(silence / 1000) - 1)],
  ] as const;
  const files = await writeCredentials(remote.credentials);
  try {
    const { settings, extra } = remoteSettings(remote, files?.lines);
    const options = { settings: [...giveUp, ...settings], extra, silence };
    if (/^(https?|file):/i.test(remote.url)) return await use(options);
    const users = await usersSshCommand(git);
    const ssh = files?.key === undefined ? undefined : { key: files.key, knownHosts: files.knownHosts };
    const command = sshCommand(users, ssh) ?? (ssh === undefined ? undefined : sshCommand('ssh', ssh));
    return await use(command === undefined ? options : { ...options, extra: { ...extra, GIT_SSH_COMMAND: command } });
  } finally {
    if (files !== undefined) await rm(files.folder, { recursive: true, force: true });
  }
}

async function usersSshCommand(git: Git): Promise<string> {
  if (process.env.GIT_SSH_COMMAND !== undefined) return process.env.GIT_SSH_COMMAND;
  const configured = await orUndefined(git.raw(['config', '--get', 'core.sshCommand']));
  return configured?.trim() ?? process.env.GIT_SSH ?? 'ssh';
}

/** The credentials of a run, as private files in their own folder. */
type CredentialFiles =
  | { folder: string; lines: string; key?: never }
  | { folder: string; lines?: never; key: string; knownHosts: string };

/** ssh refuses a key that others can read, and one without a final newline. */
async function writeCredentials(credentials: Remote['credentials']): Promise<CredentialFiles | undefined> {
  if (credentials === undefined) return undefined;
  await removeLeftovers(tmpdir(), /^breakwater-git-(\d+)-/);
  const folder = await mkdtemp(path.join(tmpdir(), `breakwater-git-${process.pid}-`));
  await chmod(folder, 0o700);
  const write = async (name: string, text: string) => {
    const file = path.join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  if ('token' in credentials) return { folder, lines: await write('credentials', credentialLines(credentials)) };
  return {
    folder,
    key: await write('key', `${credentials.sshKey.replaceAll('\r\n', '\n').trimEnd()}\n`),
    knownHosts: await write('known_hosts', `${credentials.knownHosts.trimEnd()}\n`),
  };
}
