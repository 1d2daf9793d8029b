import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { $ } from 'zx/core';
import { UsageError } from '../../report/errors.ts';
import { findTool } from '../../tools/find.ts';
import { sandboxStatus } from '../sandbox/cluster.ts';
import { logFile } from '../sandbox/processes.ts';
import { unsettled } from './applications.ts';
import { mustRun } from './run-program.ts';
import { type RehearsalSite, rootName } from './site.ts';
import { placesOf } from './state.ts';

/** Output of `npm run rehearse -- status`. */
export interface SiteStatus {
  folder: string;
  context: string;
  kubeconfig: string;
  /** Absent until the bootstrap has discovered it. */
  url?: string;
  users: string[];
  /** The file with the users' passwords. */
  passwords: string;
  /** The sandbox's processes; absent on the user's own cluster. */
  processes?: Record<string, boolean>;
  applications: number;
  /** One line for each Application that is not Healthy at the newest commit. */
  waiting: string[];
}

export async function statusOf(site: RehearsalSite): Promise<SiteStatus> {
  const places = placesOf(site.folder);
  const host = await site.host().catch(() => undefined);
  const applications = await site.applications().catch(() => []);
  const commit = (await mustRun(['git', '-C', site.bare, 'rev-parse', 'main'])).trim();
  return {
    folder: places.folder,
    context: site.context,
    kubeconfig: site.kubeconfig,
    ...(host === undefined ? {} : { url: `https://${host}${await site.port()}/` }),
    users: [site.users.owner.email, site.users.other.email],
    passwords: places.state,
    ...(site.sandbox === undefined ? {} : { processes: await sandboxStatus(places.sandbox) }),
    applications: applications.length,
    waiting: unsettled(applications, rootName, commit),
  };
}

/** @returns the status for people */
export function statusText(status: SiteStatus): string {
  const { processes = {}, waiting, applications, url, users, passwords, kubeconfig } = status;
  const ended = Object.entries(processes).filter(([, runs]) => !runs);
  return [
    `platform      ${url ?? 'no address yet'}`,
    `log in as     ${users.join(' or ')}; passwords in ${passwords}`,
    `kubeconfig    ${kubeconfig}`,
    ...(Object.keys(processes).length > 0
      ? [
          `processes     ${Object.keys(processes).length - ended.length} run${ended.map(([name]) => `, ${name} has ended`).join('')}`,
        ]
      : []),
    `Applications  ${applications - waiting.length} of ${applications} Healthy at the newest commit`,
    ...waiting.map((line) => `  ${line}`),
  ].join('\n');
}

/**
 * @param name of a process of the sandbox; undefined lists them
 * @returns the end of its log
 * @throws UsageError if there is no such log
 */
export function logText(folder: string, name: string | undefined): string {
  const { sandbox } = placesOf(folder);
  const logs = join(sandbox, 'logs');
  const names = existsSync(logs) ? readdirSync(logs).map((file) => file.replace(/\.log$/, '')) : [];
  if (name === undefined)
    return names.length === 0
      ? `no logs in ${logs}`
      : `${names.sort().join('\n')}\n\nnpm run rehearse -- logs NAME; the files are in ${logs}. Pods: kubectl logs (npm run rehearse -- shell)`;
  if (!names.includes(name))
    throw new UsageError(`there is no log of "${name}"`, { hint: `There are: ${names.join(', ') || 'none'}` });
  return readFileSync(logFile(sandbox, name), 'utf8').trimEnd().split('\n').slice(-200).join('\n');
}

/** Opens a shell with the cluster's environment; returns when the user exits it. */
export async function openShell(site: RehearsalSite): Promise<number> {
  const programs = join(site.folder, 'programs');
  await mkdir(programs, { recursive: true });
  for (const tool of ['kubectl', 'helm'] as const) {
    const link = join(programs, tool);
    if (!existsSync(link)) await symlink(await findTool(tool), link);
  }
  process.stderr.write(`${statusText(await statusOf(site))}\n\n${hints(site)}\n\n`);
  const env = {
    ...process.env,
    KUBECONFIG: site.kubeconfig,
    PATH: [programs, process.env.PATH ?? ''].join(delimiter),
  };
  const run = $({ quiet: true, nothrow: true, cwd: site.root, env, stdio: 'inherit' });
  return (await run`exec ${process.env.SHELL ?? '/bin/sh'}`).exitCode ?? 0;
}

function hints({ root, sandbox }: RehearsalSite): string {
  return [
    'kubectl -n argocd get applications        the waves',
    'kubectl get pods -A                       everything that runs',
    'kubectl -n ingress logs deploy/istio-ingressgateway',
    `git commit, git push                      in ${root}: a change as a merged pull request makes it`,
    ...(sandbox === undefined
      ? []
      : [`${sandbox.inside(['ip', 'addr']).join(' ')}   any program in the cluster's own network`]),
    'exit                                      leaves this shell; everything keeps running',
  ].join('\n');
}
