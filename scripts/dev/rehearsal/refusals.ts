import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { logFile } from '../sandbox/processes.ts';
import type { SandboxOfSite } from './sandbox-of-site.ts';

/** A connection that a NetworkPolicy refused: pods as `namespace/name`, all else as addresses. */
export interface Refusal {
  time: string;
  from: string;
  to: string;
  port: number;
  protocol: string;
}

/** A stretch of time, as ISO 8601, in which a check tried connections that are not the platform's own. */
export interface Trial {
  from: string;
  to: string;
}

/** What NetworkPolicies refused to the platform itself since the cluster began. */
export function refusedToThePlatform({ folder }: Pick<SandboxOfSite, 'folder'>): Refusal[] {
  const file = trialsFile(folder);
  const trials = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const refusals = readRefusals(readFileSync(logFile(folder, 'network-policies'), 'utf8'));
  return platformsOwn(
    refusals,
    trials.map((line) => JSON.parse(line)),
  );
}

/** Notes that connections of others were tried. */
export function noteTrial({ folder }: Pick<SandboxOfSite, 'folder'>, trial: Trial): void {
  appendFileSync(trialsFile(folder), `${JSON.stringify(trial)}\n`);
}

// With the cluster's logs, so that it ends with them.
function trialsFile(folder: string): string {
  return join(folder, 'logs', 'trials.jsonl');
}

/** Pods whose refusals are expected: those of `verify`, and of a check. */
const probes = /^breakwater-verify-|\/rehearsal-probe$/;

/** Every sidecar asks a cloud's metadata where it runs, and does without an answer: https://istio.io/latest/docs/reference/commands/pilot-agent/ */
const metadata = '169.254.169.254';

/** Without what a check tried, what a policy is meant to refuse, and addresses that no pod has any more. */
export function platformsOwn(refusals: readonly Refusal[], trials: readonly Trial[]): Refusal[] {
  return refusals.filter(
    ({ time, from, to }) =>
      from.includes('/') &&
      to !== metadata &&
      !probes.test(from) &&
      !trials.some((trial) => trial.from <= time && time <= trial.to),
  );
}

/** @param log what the program wrote: lines of JSON, and others */
export function readRefusals(log: string): Refusal[] {
  return log.split('\n').flatMap((line): Refusal[] => {
    if (!line.startsWith('{')) return [];
    try {
      return [JSON.parse(line)];
    } catch {
      // The last line may still be written.
      return [];
    }
  });
}
