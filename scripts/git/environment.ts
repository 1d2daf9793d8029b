import type { Remote, TokenCredentials } from './remote.ts';

/** Git's variables that are settings of the user: identity, configuration, access to hosts. */
const usersOwn =
  /^GIT_(AUTHOR|COMMITTER|CONFIG|SSH|SSL|PROXY|HTTP|ALLOW_PROTOCOL|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM|EXEC_PATH)/;

/** Variables that simple-git refuses besides GIT_*; we start no editor and no pager. */
const unneeded = new Set(['EDITOR', 'VISUAL', 'PAGER', 'PREFIX', 'LANGUAGE']);

/** Settings for one call of git, passed as GIT_CONFIG_*, so they are in no file and in no argument list. */
export type GitSettings = readonly (readonly [key: string, value: string])[];

/**
 * The environment of every git: no prompt, no pager, a fixed locale, and the repository of its folder (a hook that calls us
 * sets GIT_DIR and GIT_INDEX_FILE). Pure.
 *
 * @see https://git-scm.com/docs/git#_environment_variables
 * @param ambient the environment of our own process
 * @param settings added after the user's own GIT_CONFIG_*
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
 * Git's settings for a CA file and a credentials file. Other helpers and headers for this URL are disabled, so that git uses the
 * configured token. The token is in no variable and no argument: debug output shows both, and every process of the user can
 * read them.
 *
 * @param credentialsFile absolute path of a file with `credentialLines`
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

/** @returns a credential helper's answer to git */
export function credentialLines({ username, token }: TokenCredentials): string {
  return `username=${username}\npassword=${token}\n`;
}

/**
 * The ssh command for a remote: without prompts, and with only the configured key and host keys, if there are any.
 *
 * @param users the user's own command (GIT_SSH_COMMAND, else core.sshCommand)
 * @param files files of the configured credentials
 * @returns the value of GIT_SSH_COMMAND; undefined for a program other than ssh, which stays as the user set it
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
