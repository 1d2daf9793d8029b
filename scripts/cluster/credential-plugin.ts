import { existsSync } from 'node:fs';
import type { KubeConfig, User } from '@kubernetes/client-node';
import { onPath, runProcess } from '../processes/run.ts';
import { RunError } from '../report/errors.ts';

/** The kubeconfig's credential plugin did not return credentials. */
export class PluginError extends RunError {
  override name = 'PluginError';
}

/** A kubeconfig user's `exec` section. */
interface Plugin {
  apiVersion?: string;
  command: string;
  args?: readonly string[];
  env?: readonly { name: string; value: string }[] | null;
}

interface Credential {
  status?: { token?: string; clientCertificateData?: string; clientKeyData?: string; expirationTimestamp?: string };
}

/**
 * Runs the kubeconfig's credential plugins instead of the library, which has no timeout and does not pass the
 * version of the interface.
 *
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 *
 * @param seconds time limit of a plugin, which may include an interactive login
 */
export function runPlugins(config: KubeConfig, seconds: number): void {
  const plugins = new Map<string, Plugin>();
  config.users = config.users.map((user: User) => {
    const { exec, ...rest } = user;
    if (exec === undefined || exec === null) return user;
    plugins.set(user.name, exec as Plugin);
    return rest;
  });
  const kept = new Map<string, Credential>();
  config.addAuthenticator({
    isAuthProvider: ({ name }) => plugins.has(name),
    async applyAuthentication({ name }, options) {
      const plugin = plugins.get(name);
      if (plugin === undefined) return;
      const credential = fresh(kept.get(name)) ?? (await runPlugin(plugin, seconds));
      kept.set(name, credential);
      const { token, clientCertificateData, clientKeyData } = credential.status ?? {};
      if (clientCertificateData !== undefined) options.cert = clientCertificateData;
      if (clientKeyData !== undefined) options.key = clientKeyData;
      if (token !== undefined) options.headers = { ...(options.headers as object), Authorization: `Bearer ${token}` };
    },
  });
}

/** @returns the credential if it has not expired; without an expiry it is valid for the whole run */
function fresh(credential: Credential | undefined): Credential | undefined {
  const end = credential?.status?.expirationTimestamp;
  return end === undefined || Date.parse(end) > Date.now() + 10_000 ? credential : undefined;
}

async function runPlugin({ apiVersion, command, args = [], env }: Plugin, seconds: number): Promise<Credential> {
  const failed = (reason: string, hint: string) =>
    new PluginError(`its credential plugin "${command}" ${reason}`, { hint });
  const path = command.includes('/') ? command : onPath(command);
  if (path === undefined || !existsSync(path))
    throw failed('was not found', `Install "${command}" and put it on the PATH; the kubeconfig's user names it.`);
  const interactive = process.stdin.isTTY === true;
  const request = { apiVersion, kind: 'ExecCredential', spec: { interactive } };
  const extra = Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]));
  const { exitCode, stdout, stderr, timedOut } = await runProcess(path, args, {
    env: { ...process.env, KUBERNETES_EXEC_INFO: JSON.stringify(request), ...extra },
    seconds,
    interactive,
    secretArguments: true,
  });
  if (timedOut)
    throw failed(
      `did not answer within ${seconds} s`,
      'It may be waiting for a login: run it by hand, then run this again.',
    );
  if (exitCode !== 0) {
    const said = stderr.trim().split('\n').slice(-3).join(' ').slice(0, 300);
    throw failed(`failed: ${said || `it ended with ${exitCode}`}`, 'Log in again.');
  }
  try {
    return JSON.parse(stdout) as Credential;
  } catch {
    throw failed('did not print an ExecCredential', 'Run it by hand: it must print JSON.');
  }
}
