import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { remoteSettings, sshCommand } from './environment.ts';
import { isAlive } from './processes.ts';
import type { Remote, SshCredentials } from './remote.ts';
import { type Git, orUndefined, type RunOptions } from './run.ts';

/** Milliseconds without a sign of life after which a remote counts as dead. */
const longSilence = 60_000;

const folderName = /^breakwater-ssh-(\d+)-/;

/**
 * Lends the options with which git reaches a remote. A configured SSH key lies in a private temporary folder meanwhile.
 *
 * @param use what is done with them
 * @param silence milliseconds without a sign of life after which it is given up
 */
export async function withRemote<T>(
  git: Git,
  remote: Remote,
  use: (options: RunOptions) => Promise<T>,
  silence = longSilence,
): Promise<T> {
  const { settings, extra } = remoteSettings(remote);
  // git's HTTP process outlives a git that is ended, so it is told to give up by itself, a little earlier.
  const giveUp = [
    ['http.lowSpeedLimit', '1'],
    ['http.lowSpeedTime', String(Math.ceil(silence / 1000) - 1)],
  ] as const;
  const options = { settings: [...giveUp, ...settings], extra, silence };
  if (/^(https?|file):/i.test(remote.url)) return use(options);
  const users = await usersSshCommand(git);
  if (remote.credentials === undefined || !('sshKey' in remote.credentials)) {
    const command = sshCommand(users);
    return use(command === undefined ? options : { ...options, extra: { ...extra, GIT_SSH_COMMAND: command } });
  }
  const folder = await writeKeys(remote.credentials);
  try {
    const files = { key: path.join(folder, 'key'), knownHosts: path.join(folder, 'known_hosts') };
    const command = sshCommand(users, files) ?? sshCommand('ssh', files) ?? '';
    return await use({ ...options, extra: { ...extra, GIT_SSH_COMMAND: command } });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function usersSshCommand(git: Git): Promise<string> {
  if (process.env.GIT_SSH_COMMAND !== undefined) return process.env.GIT_SSH_COMMAND;
  const configured = await orUndefined(git(['config', '--get', 'core.sshCommand']));
  return configured?.trim() ?? process.env.GIT_SSH ?? 'ssh';
}

/** ssh refuses a key that others can read, and one whose last line has no end. */
async function writeKeys({ sshKey, knownHosts }: SshCredentials): Promise<string> {
  await removeLeftovers();
  const folder = await mkdtemp(path.join(tmpdir(), `breakwater-ssh-${process.pid}-`));
  await chmod(folder, 0o700);
  await writeFile(path.join(folder, 'key'), `${sshKey.replaceAll('\r\n', '\n').trimEnd()}\n`, { mode: 0o600 });
  await writeFile(path.join(folder, 'known_hosts'), `${knownHosts.trimEnd()}\n`, { mode: 0o600 });
  return folder;
}

/** Removes the keys of runs that were killed. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = folderName.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    // Another user's folder can't be removed, and need not be.
    await rm(path.join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}
