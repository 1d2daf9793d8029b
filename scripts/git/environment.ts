import type { Remote, TokenCredentials } from './remote.ts';

/** Variables of git's own that are the user's settings: who commits, which configuration, how hosts are reached. */
const usersOwn =
  /^GIT_(AUTHOR|COMMITTER|CONFIG|SSH|SSL|PROXY|HTTP|ALLOW_PROTOCOL|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM|EXEC_PATH)/;

/** Variables that simple-git guards beside GIT_*; we start no editor and no pager. */
const unneeded = new Set(['EDITOR', 'VISUAL', 'PAGER', 'PREFIX', 'LANGUAGE']);

/** Settings for one call of git, given by GIT_CONFIG_*: in no file and in no argument list. */
export type GitSettings = readonly (readonly [key: string, value: string])[];

/**
 * The environment in which every git runs: no prompt, no pager, one locale, no repository but the one it is started in
 * (a hook that calls us sets GIT_DIR and GIT_INDEX_FILE). Pure.
 *
 * @see https://git-scm.com/docs/git#_environment_variables
 * @param ambient the environment of our own process
 * @param settings put behind those which the user gives by GIT_CONFIG_*
 * @param extra variables for this call
 */
export function gitEnvironment(
  ambient: NodeJS.ProcessEnv,
  settings: GitSettings = [],
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(ambient)) {
    if (value === undefined || unneeded.has(name) || (name.startsWith('GIT_') && !usersOwn.test(name))) continue;
    environment[name] = value;
  }
  const given = Number(ambient.GIT_CONFIG_COUNT ?? 0);
  for (const [index, [key, value]] of settings.entries()) {
    environment[`GIT_CONFIG_KEY_${given + index}`] = key;
    environment[`GIT_CONFIG_VALUE_${given + index}`] = value;
  }
  if (settings.length > 0) environment.GIT_CONFIG_COUNT = String(given + settings.length);
  return {
    ...environment,
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    GCM_INTERACTIVE: 'never',
    GIT_OPTIONAL_LOCKS: '0',
    LC_ALL: 'C.UTF-8',
    ...extra,
  };
}

/**
 * What a CA file and a file with a token mean to git. Other helpers and headers for this URL are switched off, so that the
 * configured token is the one that is used. The token is in no variable and no argument: both are printed for debugging, and
 * every process of the user can read them.
 *
 * @param credentialsFile absolute path of a file as `credentialLines` makes it
 * @see https://git-scm.com/docs/gitcredentials
 */
export function remoteSettings(
  { url, caFile }: Remote,
  credentialsFile?: string,
): { settings: GitSettings; extra: Record<string, string> } {
  const extra: Record<string, string> = caFile === undefined ? {} : { GIT_SSL_CAINFO: caFile };
  if (credentialsFile === undefined) return { settings: [], extra };
  const helper = `!f() { test "$1" = get && cat ${quote(credentialsFile)}; }; f`;
  return {
    settings: [
      [`http.${url}.extraHeader`, ''],
      [`credential.${url}.helper`, ''],
      [`credential.${url}.helper`, helper],
    ],
    extra,
  };
}

/** @returns what a credential helper answers git */
export function credentialLines({ username, token }: TokenCredentials): string {
  return `username=${username}\npassword=${token}\n`;
}

/**
 * The ssh command for a remote: never a prompt, and with a configured key that key and those host keys only.
 *
 * @param users the user's own command (GIT_SSH_COMMAND, else core.sshCommand); a program that is not ssh is left alone
 * @param files of configured credentials
 * @returns the value of GIT_SSH_COMMAND; undefined: leave all as the user has it
 */
export function sshCommand(users: string, files?: { key: string; knownHosts: string }): string | undefined {
  if (!/^(\S*\/)?ssh(\.exe)?(\s|$)/.test(users)) return undefined;
  const options = ['BatchMode=yes', 'ConnectTimeout=15', 'ServerAliveInterval=15'];
  const own =
    files === undefined
      ? []
      : [
          '-i',
          quote(files.key),
          ...['IdentitiesOnly=yes', 'StrictHostKeyChecking=yes', 'GlobalKnownHostsFile=/dev/null'].flatMap(option),
          '-o',
          quote(`UserKnownHostsFile="${files.knownHosts}"`),
        ];
  return [users, ...options.flatMap(option), ...own].join(' ');
}

function option(text: string): string[] {
  return ['-o', text];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
