import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { $ } from 'zx/core';
import { freePort } from './api-server.ts';
import { type Box, enter } from './box.ts';
import { buildPrograms, type Report } from './build.ts';
import { SandboxError } from './errors.ts';
import { requestHttps } from './gitea-request.ts';
import { waitUntil } from './https-get.ts';
import { moduleFolder } from './modules.ts';
import { plainEnvironment } from './needs.ts';
import { type KeyPair, openAuthority } from './pki.ts';
import { isRunning, logTail, startProcess, stopProcess } from './processes.ts';

/** A real Gitea with its own data: HTTPS with a CA of its own, SSH, SQLite. */
export interface Gitea {
  /** Web address, as `https://127.0.0.1:40000`. */
  url: string;
  /** PEM file of the CA that signed its certificate. */
  caFile: string;
  /** What `ssh-keyscan` would print for it. */
  knownHosts: string;
  /** @returns the SSH address of a repository */
  sshUrl(repository: string): string;
  /** Makes a user, who is an administrator of it all when `admin` is set. */
  makeUser(name: string, admin?: boolean): Promise<void>;
  /** @param scopes as Gitea names them: `write:repository` @returns an access token of a user */
  makeToken(user: string, scopes: readonly string[]): Promise<string>;
  /** Calls its API; path behind /api/v1. @throws SandboxError for an answer of 400 or more */
  call(token: string, method: string, path: string, body?: object): Promise<unknown>;
  /** Ends it. */
  stop(): Promise<void>;
}

/** Where a Gitea runs. */
export interface GiteaOptions {
  /** A new folder for all that it writes. */
  folder: string;
  /** The address that it listens on; the loopback by default. */
  address?: string;
  /** The sandbox that it runs in; it then ends with it. */
  box?: Box;
  report?: Report;
}

const program = 'gitea';

/**
 * Starts a Gitea and waits until it answers. Outside of a box it ends with this process.
 *
 * @throws SandboxError when it can't be built, or does not come up: with the end of its log
 */
export async function startGitea(options: GiteaOptions): Promise<Gitea> {
  const { folder, address = '127.0.0.1', box } = options;
  const built = await buildPrograms([program], options.report ? { report: options.report } : {});
  await mkdir(folder, { recursive: true });
  const authority = await openAuthority(join(folder, 'pki'));
  const serving = await authority.issue({ name: program, commonName: program, subjectAltNames: [`IP:${address}`] });
  const hostKey = join(folder, 'ssh-host-key');
  await $({ quiet: true })`ssh-keygen -q -t ed25519 -N ${''} -C gitea -f ${hostKey}`;
  const ports = { https: await freePort(), ssh: await freePort() };
  const url = `https://${address}:${ports.https}`;
  const config = join(folder, 'app.ini');
  await writeFile(
    config,
    settings({ folder, address, ports, url, hostKey, serving, assets: await moduleFolder(program) }),
    {
      mode: 0o600,
    },
  );
  const env = plainEnvironment({ HOME: folder, USER: userInfo().username, GITEA_WORK_DIR: folder });
  const command = [built.gitea, 'web', '--config', config] as const;
  await startProcess(folder, {
    name: program,
    command: box === undefined ? command : enter(box, command),
    env,
    endWithParent: box === undefined,
  });
  const ca = await readFile(authority.ca.certificate, 'utf8');
  let ended = false;
  const ready = async () => {
    ended = !(await isRunning(folder, program));
    if (ended) return true;
    const answer = await requestHttps({ url: `${url}/api/v1/version`, ca }).catch(() => undefined);
    return answer?.status === 200;
  };
  if (!(await waitUntil(ready, 120_000)) || ended) {
    const log = logTail(folder, program);
    await stopProcess(folder, program);
    throw new SandboxError(`Gitea ${ended ? 'ended' : 'did not answer within 120 s'}; the end of its log:\n${log}`);
  }
  const admin = async (words: readonly string[]): Promise<string> => {
    const all = [built.gitea, '--config', config, 'admin', 'user', ...words];
    const result = await $({ quiet: true, nothrow: true, env })`${box === undefined ? all : enter(box, all)}`;
    if (result.exitCode === 0) return result.stdout.trim();
    throw new SandboxError(`gitea admin user ${words[0]} failed: ${(result.stderr || result.stdout).trim()}`);
  };
  const publicKey = (await readFile(`${hostKey}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ');
  return {
    url,
    caFile: authority.ca.certificate,
    knownHosts: `[${address}]:${ports.ssh} ${publicKey}\n`,
    sshUrl: (repository) => `ssh://git@${address}:${ports.ssh}/${repository}.git`,
    makeUser: async (name, isAdmin = false) => {
      const password = randomBytes(16).toString('hex');
      const words = ['--username', name, '--email', `${name}@example.com`, '--password', password];
      await admin(['create', ...words, '--must-change-password=false', ...(isAdmin ? ['--admin'] : [])]);
    },
    makeToken: async (user, scopes) => {
      const name = randomBytes(4).toString('hex');
      const words = ['--username', user, '--token-name', name, '--scopes', scopes.join(','), '--raw'];
      return (await admin(['generate-access-token', ...words])).split('\n').at(-1) ?? '';
    },
    call: async (token, method, path, body) => {
      const headers = { authorization: `token ${token}`, 'content-type': 'application/json' };
      const text = body === undefined ? undefined : JSON.stringify(body);
      const answer = await requestHttps({
        url: `${url}/api/v1${path}`,
        method,
        ca,
        headers,
        ...(text ? { body: text } : {}),
      });
      if (answer.status >= 400)
        throw new SandboxError(`Gitea answered ${answer.status} to ${method} ${path}: ${answer.text}`);
      return answer.text === '' ? undefined : JSON.parse(answer.text);
    },
    stop: () => stopProcess(folder, program),
  };
}

interface Settings {
  folder: string;
  address: string;
  ports: { https: number; ssh: number };
  url: string;
  hostKey: string;
  serving: KeyPair;
  assets: string;
}

/** https://docs.gitea.com/administration/config-cheat-sheet */
function settings({ folder, address, ports, url, hostKey, serving, assets }: Settings): string {
  return `RUN_USER = ${userInfo().username}
RUN_MODE = prod
WORK_PATH = ${folder}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true

[server]
PROTOCOL = https
HTTP_ADDR = ${address}
HTTP_PORT = ${ports.https}
ROOT_URL = ${url}/
CERT_FILE = ${serving.certificate}
KEY_FILE = ${serving.key}
STATIC_ROOT_PATH = ${assets}
APP_DATA_PATH = ${folder}/data
START_SSH_SERVER = true
BUILTIN_SSH_SERVER_USER = git
SSH_DOMAIN = ${address}
SSH_LISTEN_HOST = ${address}
SSH_LISTEN_PORT = ${ports.ssh}
SSH_PORT = ${ports.ssh}
SSH_SERVER_HOST_KEYS = ${hostKey}
OFFLINE_MODE = true
LFS_START_SERVER = false

[database]
DB_TYPE = sqlite3
PATH = ${folder}/gitea.db

[repository]
ROOT = ${folder}/repositories

[security]
INSTALL_LOCK = true

[service]
DISABLE_REGISTRATION = true

; The gateway has a private address, and a certificate of a CA that is made later.
[webhook]
ALLOWED_HOST_LIST = *
SKIP_TLS_VERIFY = true

[actions]
ENABLED = false

[log]
LEVEL = warn
`;
}
