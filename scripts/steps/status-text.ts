import {
  type ApplicationStatus,
  type CertificateEnd,
  type PlatformStatus,
  waitingSentence,
} from '../cluster/status.ts';
import type { TenantPlace } from '../cluster/tenants.ts';
import { ownCertificate } from '../components/private-ca.ts';
import { count } from '../report/count.ts';

const header = ['WAVE', 'APPLICATION', 'SYNC', 'HEALTH', 'REVISION', 'MESSAGE'] as const;

/**
 * @param width columns of the terminal, into which long messages are wrapped below their row; absent: one line each
 * @returns the state of a platform as text: a table, what is waited for, and what Git has
 */
export function statusText(status: PlatformStatus, width?: number): string {
  const rows = [
    ...status.waves.flatMap(({ wave, applications }) => applications.map((item) => row(String(wave), item))),
    ...status.tenants.map((item) => row('tenants', item)),
    ...status.orphaned.map((item) => row('-', item)),
  ];
  return [
    ...(rows.length === 0 ? [] : [table([header, ...rows], width), '']),
    ...statusLines(status),
    `${status.summary}.`,
  ].join('\n');
}

function row(wave: string, { name, sync, health, revision, message }: ApplicationStatus): readonly string[] {
  return [wave, name, sync || '-', health || '-', shortRevision(revision) || '-', message];
}

/** @returns a commit in its short form; anything else unchanged */
export function shortRevision(revision: string): string {
  return /^[0-9a-f]{40}$/.test(revision) ? revision.slice(0, 7) : revision;
}

function table(rows: readonly (readonly string[])[], width: number | undefined): string {
  const widths = header.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows
    .flatMap((cells) => {
      const [message = '', ...others] = cells.toReversed();
      const row = others.toReversed().map((cell, column) => cell.padEnd(widths[column] ?? 0));
      const line = [...row, message].join('  ').trimEnd();
      if (width === undefined || line.length <= width || message === header.at(-1)) return [line];
      return [row.join('  ').trimEnd(), ...(message === '' ? [] : wrapped(message, width))];
    })
    .join('\n');
}

/** @returns the lines of a text, indented; a word that is longer than a line stays whole */
function wrapped(text: string, width: number): string[] {
  const indent = '    ';
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(`${indent}${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** @returns explanations of the table, one sentence each */
export function statusLines(status: PlatformStatus): string[] {
  const { root, missing, orphaned, waitingFor, keptTenants = [] } = status;
  return [
    ...(root.stage === 'absent'
      ? [
          `The root Application ${root.name} does not exist. Create it: npm run bootstrap -- --cluster ${status.cluster}`,
        ]
      : [rootLine(status), gitLine(status)]),
    ...(waitingFor === undefined ? [] : [`The root is ${waitingSentence(waitingFor)}.`]),
    ...(root.stage === 'absent' || missing.length === 0 ? [] : [missingLine(status)]),
    ...(orphaned.length === 0
      ? []
      : [
          `Not in your tree: ${orphaned.map(({ name }) => name).join(', ')}. The root deletes them when it applies your tree, or your checkout is behind.`,
        ]),
    ...keptTenants.map(keptLine),
    ...(status.certificate === undefined ? [] : [certificateLine(status.certificate, status.cluster)]),
  ];
}

/** Days before the end of one's own certificate from which its replacement is named. */
const replaceWithin = 30;

function certificateLine({ until, own }: CertificateEnd, cluster: string): string {
  const days = Math.floor((Date.parse(until) - Date.now()) / 86_400_000);
  const date = until.slice(0, 10);
  const end =
    days < 0 ? `The certificate expired on ${date}` : `The certificate expires on ${date}, in ${count(days, 'day')}`;
  if (!own || days >= replaceWithin) return `${end}.`;
  return `${end}, and nothing renews it: npm run bootstrap -- --cluster ${cluster} --rotate ${ownCertificate}`;
}

function keptLine({ tenant, namespaces, orphaned }: TenantPlace): string {
  const claims = namespaces.reduce((sum, namespace) => sum + namespace.claims.length, 0);
  const names = namespaces.map(({ name }) => name).join(', ');
  const what = orphaned ? `Orphaned tenant ${tenant}` : `Orphaned namespaces of tenant ${tenant}`;
  return `${what}: ${names} with ${count(claims, 'volume claim')}; npm run tenant -- purge ${tenant} deletes it.`;
}

function rootLine({ root }: PlatformStatus): string {
  const { name, sync, health, revision, message } = root;
  const at = revision === '' ? '' : ` at ${shortRevision(revision)}`;
  return `Root ${name}: ${sync}, ${health}${at}${message === '' ? '' : `; ${message}`}.`;
}

function gitLine({ root: { git } }: PlatformStatus): string {
  const applied = git.applied === undefined ? 'nothing is applied yet' : `${shortRevision(git.applied)} is applied`;
  if (git.commit === undefined) return `Git: cannot read ${git.revision} (${git.problem ?? 'no answer'}); ${applied}.`;
  if (git.current === true) return `Git: ${git.revision} is at ${shortRevision(git.commit)}, which is applied.`;
  return `Git: ${git.revision} is at ${shortRevision(git.commit)}; ${applied}.`;
}

function missingLine({ missing, root }: PlatformStatus): string {
  const why =
    root.stage === 'healthy'
      ? 'your checkout is ahead of the applied commit, or they were deleted'
      : 'their wave has not started';
  return `Not in the cluster: ${missing.join(', ')}; ${why}.`;
}
