import { RunError } from '../report/errors.ts';
import { Api, type RetryOptions } from './api.ts';
import { ApiError } from './api-error.ts';
import { connectionProblem } from './connection-problem.ts';
import { runPlugins } from './credential-plugin.ts';
import { type KubeconfigPlace, kubeconfigFor } from './kubeconfig.ts';
import { kubeTransport } from './transport.ts';

/** Oldest supported server: tenant isolation needs ValidatingAdmissionPolicies, which exist since 1.30. */
const oldestServer = '1.30';
/** Oldest Kubernetes that Argo CD 3.5 is tested with (its docs/operator-manual/tested-kubernetes-versions.md). */
const oldestTestedServer = '1.33';

export interface ConnectOptions extends KubeconfigPlace {
  /** Name of the context; must be given. */
  context: string | undefined;
  /** Seconds to wait for an unreachable server. Default 15. */
  timeoutSeconds?: number;
  /** Seconds that the kubeconfig's credential plugin may take, including an interactive login. Default 90. */
  pluginSeconds?: number;
  /** Aborts all requests. */
  signal?: AbortSignal;
  retry?: RetryOptions;
}

/** A working connection to a cluster. */
export interface Connection {
  context: string;
  /** Address of the API server. */
  server: string;
  /** Version of the API server, for example `1.37.2`. */
  version: string;
  /** Our user name at the API server; undefined where it does not say. */
  user: string | undefined;
  warnings: readonly string[];
  api: Api;
}

/**
 * Connects to the cluster of a context, and checks that it answers, accepts our credentials and is new enough.
 *
 * @throws UsageError when the context is missing or unknown; RunError, within a bounded time, when
 * the server is unreachable, its certificate is unknown, or our credentials are missing, expired or refused
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const config = await kubeconfigFor(options.context, options);
  runPlugins(config, options.pluginSeconds ?? 90);
  const context = config.getCurrentContext();
  const server = config.getCurrentCluster()?.server ?? '';
  const timeoutSeconds = options.timeoutSeconds ?? 15;
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  // The first request has a short timeout and no retries; later requests may take longer (large CRDs, slow webhooks).
  const first = new Api(kubeTransport(config, { timeout: timeoutSeconds * 1000, ...signal }), {
    attempts: 1,
    pause: 0,
  });
  try {
    const { gitVersion } = await first.request<{ gitVersion: string }>({ method: 'GET', path: '/version' });
    const version = gitVersion.replace(/^v/, '');
    const warnings = checkVersion(version);
    const user = await whoAmI(first);
    const api = new Api(kubeTransport(config, { timeout: 60_000, ...signal }), options.retry);
    return { context, server, version, user, warnings, api };
  } catch (error) {
    if (options.signal?.aborted === true) throw options.signal.reason;
    throw connectionProblem(error, { context, server, timeoutSeconds });
  }
}

/**
 * @param version version of the API server, for example `1.33.1` or `1.33.1-eks-1234`
 * @returns warnings, one line each
 * @throws RunError when the server is older than `oldestServer`
 */
export function checkVersion(version: string): string[] {
  if (older(version, oldestServer)) {
    throw new RunError(`the cluster runs Kubernetes ${version}, and the platform needs ${oldestServer} or newer`, {
      hint: 'Upgrade the cluster first.',
    });
  }
  if (older(version, oldestTestedServer)) {
    return [
      `The cluster runs Kubernetes ${version}; Argo CD 3.5 is tested with ${oldestTestedServer} and newer. It may work.`,
    ];
  }
  return [];
}

function older(version: string, floor: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const [floorMajor = 0, floorMinor = 0] = floor.split('.').map(Number);
  return major < floorMajor || (major === floorMajor && minor < floorMinor);
}

/** Checks the credentials: `/version` would also answer without them. */
async function whoAmI(api: Api): Promise<string | undefined> {
  try {
    const review = await api.request<{ status?: { userInfo?: { username?: string } } }>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    });
    return review.status?.userInfo?.username;
  } catch (error) {
    // Some clusters deny this to ordinary users; their permissions are checked later, one by one.
    if (error instanceof ApiError && error.status === 403 && !/system:anonymous/.test(error.message)) return undefined;
    throw error;
  }
}
