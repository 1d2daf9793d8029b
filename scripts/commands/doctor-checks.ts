import { Resolver } from 'node:dns/promises';
import semver from 'semver';
import type { Cluster } from '../config/cluster.ts';
import { isAddress } from '../config/schema/common.ts';
import { onPath, runProcess } from '../processes/run.ts';
import { during } from '../report/activity.ts';
import { formatProblem, RunError, UsageError } from '../report/errors.ts';
import { askForReleases } from '../steps/upgrade-versions.ts';

/** One line of the doctor. */
export interface DoctorLine {
  check: string;
  /** ok: there. note: missing, and not needed now. missing: something will not work. */
  state: 'ok' | 'note' | 'missing';
  message: string;
}

/** Reports one line. */
export type Found = (check: string, state: DoctorLine['state'], message: string) => void;

const tools = [
  { tool: 'kubectl', version: ['version', '--client'], use: 'build kustomizations' },
  { tool: 'helm', version: ['version', '--short'], use: 'render charts' },
] as const;

/** Finds kubectl and helm, and their versions. */
export async function checkTools(found: Found): Promise<void> {
  for (const { tool, version, use } of tools) {
    const path = onPath(tool);
    if (path === undefined) {
      if (process.platform === 'linux' && process.arch === 'x64')
        found(tool, 'ok', 'not on the PATH; using the one from the npm package');
      else found(tool, 'missing', `not on the PATH: needed to ${use}. Install ${tool}`);
      continue;
    }
    const { exitCode, stdout } = await runProcess(path, version, { seconds: 10 });
    const number = /v(\d+)\.\d+[^\s,]*/.exec(stdout);
    if (exitCode !== 0 || number === null) found(tool, 'missing', `${path} does not say its version. Install it again`);
    else if (tool === 'helm' && Number(number[1]) < 3)
      found(tool, 'missing', `${path} is ${number[0]}; install 3 or 4`);
    else found(tool, 'ok', `${number[0]} (${path})`);
  }
}

/** @returns the settings that still have the values of the template, as `host (kubeflow.example.com)` */
export function placeholdersOf({ host, auth, git }: Cluster): string[] {
  const users = auth.users.map(({ email }) => email).filter((email) => email.endsWith('@example.com'));
  return [
    ...(/(^|\.)example\.(com|org|net)$/.test(host) ? [`host (${host})`] : []),
    ...(users.length > 0 ? [`auth.users (${users.join(', ')})`] : []),
    ...(/^https:\/\/github\.com\/acme\//.test(git.url ?? '') ? [`git.url (${git.url})`] : []),
  ];
}

/** Asks DNS for the host, unless it is an address, auto or a placeholder. */
export async function checkDns(cluster: Cluster, found: Found): Promise<void> {
  const { host } = cluster;
  if (host === 'auto' || isAddress(host) || placeholdersOf(cluster).some((one) => one.startsWith('host '))) return;
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  const answers = await during(`DNS: ${host}`, () =>
    Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]),
  );
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (addresses.length > 0) found('dns', 'ok', `${host} resolves to ${addresses.join(', ')}`);
  else found('dns', 'note', `${host} does not resolve here yet: point it to the gateway once it has an address`);
}

/** Mentions a newer release of Breakwater. Never missing: nothing depends on it, and the machine may be offline. */
export async function checkRelease(root: string, found: Found): Promise<void> {
  try {
    const { current, from, newest } = await askForReleases(root);
    if (newest === undefined || from === undefined)
      found('release', 'note', `${current}; no repository to ask for newer ones: git remote add upstream URL`);
    else if (semver.valid(current) !== null && semver.gt(newest, current))
      found('release', 'note', `${newest} is available, ${current} is in use: npm run upgrade -- --dry-run`);
    else found('release', 'ok', `${current}, the newest at ${from}`);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof RunError)) throw error;
    found('release', 'note', `could not ask for newer ones: ${error.message}`);
  }
}

/** Runs a check; an error for the user becomes its finding. */
export async function attempt<T>(check: string, found: Found, body: () => Promise<T>): Promise<T | undefined> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof RunError)) throw error;
    const more =
      error instanceof UsageError
        ? error.problems.map((problem) => formatProblem(problem).replaceAll(/\s*\n\s*/g, ' '))
        : error.details;
    const said = [...more, ...(error.hint === undefined ? [] : [error.hint])];
    found(check, 'missing', [error.message, ...said.map((line) => `        ${line}`)].join('\n'));
    return undefined;
  }
}
