import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { imageVersionsOf, repositoryRoot } from '../../sandbox/of-repository.ts';
import { upstreamRepository } from '../../sandbox/upstream-repository.ts';
import { startTestServer, type TestServer } from '../../testing/api-server.ts';
import { type TestRepository, testRepository } from '../repository.ts';
import { type GitServer, startGitServer } from './git-server.ts';
import { type Run, type RunResult, startRun } from './run.ts';
import { startWorkloads } from './workloads.ts';

/** All that a bootstrap meets: a checkout, a Git host, an API server, and Argo CD's upstream as a local mirror. */
export interface TestSite {
  checkout: TestRepository;
  remote: GitServer;
  cluster: TestServer;
  /** Secrets that the user hands over by environment variables. */
  environment: Readonly<Record<string, string>>;
  /** Runs a command of the program to its end, on the site's cluster. */
  run(...parameters: string[]): Promise<RunResult>;
  /** The same beside the test. */
  start(...parameters: string[]): Run;
  /** The same as the user of another kubeconfig. */
  startAs(kubeconfig: string, ...parameters: string[]): Run;
  /** The same without one of the environment's variables. */
  startWithout(variable: string, ...parameters: string[]): Run;
  stop(): Promise<void>;
}

/** Name of the cluster that a site has. */
export const clusterName = 'prod';

/** The user whose password is made by the run, and the one who brings it. */
export const users = ['ann@example.com', 'bob@example.com'] as const;

/** How a site differs from the usual. */
export interface SiteOptions {
  /** The host in cluster.yaml. */
  host?: string;
  /** Whether someone says that Deployments run; see workloads.ts. Default true. */
  controllers?: boolean;
  /** Another Git host than the site's own: the section `git` of cluster.yaml as JSON, and what it names. */
  git?: { section: object; environment: Readonly<Record<string, string>> };
}

/** Makes everything on loopback and in temporary folders; `stop` ends and removes it. */
export async function openSite(options: SiteOptions = {}): Promise<TestSite> {
  const { host = 'kubeflow.example.com', controllers = true, git } = options;
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-site-'));
  const stops: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const each of stops.reverse()) await each();
  };
  try {
    const remote = await startGitServer(folder);
    stops.push(() => remote.stop());
    const { argocd } = imageVersionsOf(repositoryRoot);
    const mirror = pathToFileURL(await upstreamRepository('argo-cd', ['manifests'], argocd)).href;
    const checkout = testRepository({ [clusterName]: clusterFile(git?.section ?? sectionOf(remote), mirror, host) });
    stops.push(() => checkout.remove());
    const cluster = await startTestServer();
    stops.push(() => cluster.stop());
    if (controllers) {
      const workloads = startWorkloads(cluster.connection.api);
      stops.push(() => workloads.stop());
    }
    const environment = { GIT_TOKEN: remote.token, BOB_PASSWORD: 'password-that-bob-brings', ...git?.environment };
    const startWith = (env: NodeJS.ProcessEnv, parameters: readonly string[]): Run =>
      startRun(checkout.root, parameters, {
        ...process.env,
        ...environment,
        KUBECONFIG: cluster.server.kubeconfigPath,
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_NOSYSTEM: '1',
        ...env,
      });
    const start = (...parameters: string[]) => startWith({}, parameters);
    return {
      checkout,
      remote,
      cluster,
      environment,
      start,
      run: (...parameters) => start(...parameters).result,
      startAs: (kubeconfig, ...parameters) => startWith({ KUBECONFIG: kubeconfig }, parameters),
      startWithout: (variable, ...parameters) => startWith({ [variable]: undefined }, parameters),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function sectionOf({ url, caFile }: GitServer): object {
  return { url, credentials: { token: { env: 'GIT_TOKEN' } }, caFile };
}

function clusterFile(git: object, mirror: string, host: string): string {
  return `name: ${clusterName}
git: ${JSON.stringify(git)}
mirrors: {git: {"https://github.com/argoproj/argo-cd": ${JSON.stringify(mirror)}}}
# The mirror has the tag, and a commit of its own.
argocd: {version: ${imageVersionsOf(repositoryRoot).argocd}}
auth: {users: [{email: ${users[0]}}, {email: ${users[1]}, password: {env: BOB_PASSWORD}}]}
kubeflow: {components: [], defaultProfile: {enabled: false}}
host: ${host}
`;
}

/** The bootstrap's command line on a site. */
export function bootstrap({ cluster }: TestSite, ...parameters: string[]): string[] {
  return ['bootstrap', '--cluster', clusterName, '--context', cluster.server.contextName, ...parameters];
}

/** The passwords that a run made, by user: where there is no terminal they go to a file. */
export function passwordsFile({ checkout }: TestSite): string {
  return join(checkout.root, '.breakwater', clusterName, 'passwords.txt');
}

/** @returns the text of the passwords file */
export function readPasswords(site: TestSite): string {
  return readFileSync(passwordsFile(site), 'utf8');
}
