import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { RunError } from '../../report/errors.ts';
import { findTool } from '../../tools/find.ts';
import { findSandbox } from '../sandbox/cluster.ts';
import { type LiveApplication, unsettled } from './applications.ts';
import type { Recorder } from './record.ts';
import { type Ended, mustRun, type RunOptions, runProgram } from './run-program.ts';
import { openSandbox, type SandboxOfSite } from './sandbox-of-site.ts';
import { type Account, placesOf, type SiteState } from './state.ts';

/** A throwaway copy of this repository and the cluster that it was bootstrapped on: the context of every check. */
export interface RehearsalSite {
  /** All state of this rehearsal. */
  folder: string;
  /** A clone of this repository, in which the program runs. Its remote is the bare repository that Argo CD reads. */
  root: string;
  /** The bare repository. */
  bare: string;
  /** Its name in clusters/. */
  cluster: string;
  kubeconfig: string;
  context: string;
  /** Static users. The owner has a profile and groups; the other one has neither. */
  users: { owner: Account; other: Account };
  /** Undefined with --context. */
  sandbox: SandboxOfSite | undefined;
  record: Recorder;
  /** Aborted when the rehearsal must stop. */
  signal: AbortSignal;
  /** The host, as cluster.yaml says or as the bootstrap discovered it. @throws RunError before that */
  host(): Promise<string>;
  /** Empty, or `:8443`: the port that users type, as cluster.yaml says. */
  port(): Promise<string>;
  /** Address of the gateway's load balancer. */
  address(): Promise<string>;
  /** Certificate of the gateway's CA, as PEM. */
  ca(): Promise<string>;
  /** Runs `npm run breakwater -- WORDS` in the clone, with the kubeconfig and the users' passwords in its environment. */
  program(words: readonly string[], options?: RunOptions): Promise<Ended>;
  /** @throws RunError with kubectl's output */
  kubectl(words: readonly string[], input?: string): Promise<string>;
  /** All Applications, the root's included. */
  applications(): Promise<LiveApplication[]>;
  /**
   * Changes the repository as a merged pull request does: writes files (undefined deletes one), renders, commits, pushes.
   *
   * @param files path in the repository → text
   * @returns the commit
   */
  change(subject: string, files: Readonly<Record<string, string | undefined>>): Promise<string>;
  /** `git revert`, and a push. @returns the commit */
  revert(commit: string): Promise<string>;
  /** Makes Argo CD check Git now, like a webhook; otherwise it checks every minute. */
  refresh(): Promise<void>;
  /** Waits until every Application is Healthy at a commit. @throws RunError that lists the others */
  untilHealthy(commit: string, seconds?: number): Promise<void>;
  /**
   * Polls until there is a result, and reports every half minute what it waits for.
   *
   * @param what name of the result, for the timeout message
   * @param look returns undefined for "not yet"; an error means the same
   * @throws RunError that names the result and the last state
   */
  until<T>(what: string, look: () => Promise<T | undefined>, seconds: number): Promise<T>;
}

/** Name of the root Application, and Argo CD's namespace. */
export const rootName = 'platform';
export const argocdNamespace = 'argocd';

/** The Service of the gateway, in the namespace ingress. */
export const gatewayService = 'istio-ingressgateway';

/** The environment variables that hold the users' passwords. */
export const passwordVariables = { owner: 'REHEARSAL_OWNER_PASSWORD', other: 'REHEARSAL_OTHER_PASSWORD' } as const;

/** Opens the site of a rehearsal in a folder. */
export async function openSite(
  folder: string,
  state: SiteState,
  { record, signal }: Pick<RehearsalSite, 'record' | 'signal'>,
): Promise<RehearsalSite> {
  const { root, bare, sandbox } = placesOf(folder);
  const { cluster, kubeconfig, context, users } = state;
  const found = state.sandbox ? await findSandbox(sandbox) : undefined;
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    KUBECONFIG: kubeconfig,
    [passwordVariables.owner]: users.owner.password,
    [passwordVariables.other]: users.other.password,
  };
  const kubectl = async (words: readonly string[], input = '') =>
    mustRun([await findTool('kubectl'), '--kubeconfig', kubeconfig, '--context', context, ...words], {
      input,
      signal,
    });
  const git = (...words: string[]) => mustRun(['git', '-C', root, ...words]);
  const program = (words: readonly string[], options: RunOptions = {}) =>
    runProgram([process.execPath, 'scripts/start.mjs', ...words], {
      signal,
      ...options,
      cwd: root,
      env: { ...environment, ...options.env },
    });
  const applications = async (): Promise<LiveApplication[]> =>
    JSON.parse(await kubectl(['-n', argocdNamespace, 'get', 'applications.argoproj.io', '-o', 'json'])).items;
  const refresh = async () => {
    const words = ['annotate', 'application', rootName, 'argocd.argoproj.io/refresh=normal', '--overwrite'];
    await kubectl(['-n', argocdNamespace, ...words]);
  };
  const publish = async () => {
    await git('push', '--quiet', 'origin', 'HEAD:main');
    await refresh();
    return (await git('rev-parse', 'HEAD')).trim();
  };
  const wait: RehearsalSite['until'] = (what, look, seconds) => until({ what, seconds, signal, say: record.say }, look);
  return {
    folder,
    root,
    bare,
    cluster,
    kubeconfig,
    context,
    users,
    sandbox: found === undefined ? undefined : openSandbox(found),
    record,
    signal,
    host: () => hostOf(root, cluster),
    port: () => portOf(root, cluster),
    address: async () => {
      const { status } = JSON.parse(await kubectl(['-n', 'ingress', 'get', 'service', gatewayService, '-o', 'json']));
      const [first] = status.loadBalancer?.ingress ?? [];
      if (first === undefined) throw new RunError(`Service ingress/${gatewayService} has no address`);
      return first.ip ?? first.hostname;
    },
    ca: async () => {
      const words = ['-n', 'ingress', 'get', 'secret', 'ingress-gateway-tls', '-o', 'jsonpath={.data.ca\\.crt}'];
      return Buffer.from(await kubectl(words), 'base64').toString('utf8');
    },
    program,
    kubectl,
    applications,
    refresh,
    change: async (subject, files) => {
      await git('pull', '--quiet', '--ff-only', 'origin', 'main');
      for (const [path, text] of Object.entries(files)) await put(join(root, path), text);
      const { code, stderr } = await program(['render', '--cluster', cluster]);
      if (code !== 0) throw new RunError('render refused a change of the rehearsal', { details: stderr.split('\n') });
      await git('add', '--all');
      await git('commit', '--quiet', '--message', subject);
      return await publish();
    },
    revert: async (commit) => {
      await git('revert', '--no-edit', commit);
      return await publish();
    },
    untilHealthy: async (commit, seconds = 600) => {
      await wait(
        `all Applications are Healthy at ${commit.slice(0, 8)}`,
        async () => {
          const waiting = unsettled(await applications(), rootName, commit);
          if (waiting.length > 0) throw new RunError(waiting.join('; '));
          return true;
        },
        seconds,
      );
    },
    until: wait,
  };
}

/** Seconds after which a wait reports what it waits for. */
const patience = 30;

interface Wait {
  what: string;
  seconds: number;
  signal: AbortSignal;
  say(line: string): void;
}

/** See {@link RehearsalSite.until}. */
async function until<T>({ what, seconds, signal, say }: Wait, look: () => Promise<T | undefined>): Promise<T> {
  const start = Date.now();
  const deadline = start + seconds * 1000;
  let said = start;
  for (;;) {
    if (signal.aborted) throw new RunError('the rehearsal was stopped');
    let last = 'nothing yet';
    try {
      const seen = await look();
      if (seen !== undefined) return seen;
    } catch (error) {
      last = error instanceof RunError ? [error.message, ...error.details].join('\n') : String(error);
    }
    const now = Date.now();
    if (now > deadline) throw new RunError(`waited ${seconds} s until ${what}`, { details: [`last seen: ${last}`] });
    if (now - said > patience * 1000) {
      said = now;
      say(`waiting until ${what}: ${Math.round((now - start) / 1000)} of ${seconds} s`);
    }
    await sleep(1_000);
  }
}

async function put(path: string, text: string | undefined): Promise<void> {
  if (text === undefined) {
    await rm(path, { recursive: true });
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function hostOf(root: string, cluster: string): Promise<string> {
  const folder = join(root, 'clusters', cluster);
  const { host = 'auto' } = parse(await readFile(join(folder, 'cluster.yaml'), 'utf8'));
  if (host !== 'auto') return String(host);
  const file = join(folder, 'discovered.yaml');
  if (!existsSync(file)) throw new RunError(`${file} is not there: the bootstrap has not found the address yet`);
  return String(parse(await readFile(file, 'utf8')).host);
}

async function portOf(root: string, cluster: string): Promise<string> {
  const { loadBalancer = {} } = parse(await readFile(join(root, 'clusters', cluster, 'cluster.yaml'), 'utf8'));
  const { nodePort } = loadBalancer;
  const port = nodePort === undefined ? loadBalancer.publicPort : (nodePort.publicPort ?? nodePort.https);
  return (port ?? 443) === 443 ? '' : `:${port}`;
}
