import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { logFile } from '../sandbox/processes.ts';
import type { SandboxOfSite } from './sandbox-of-site.ts';

/** A connection that a NetworkPolicy refused: pods as `namespace/name`, other ends as addresses. */
export interface Refusal {
  time: string;
  from: string;
  to: string;
  port: number;
  protocol: string;
}

/** A time span, as ISO 8601, during which a check tried connections that are not the platform's own. */
export interface Trial {
  from: string;
  to: string;
}

/** Connections of the platform itself that NetworkPolicies have refused since the cluster started. */
export function refusedToThePlatform({ folder }: Pick<SandboxOfSite, 'folder'>): Refusal[] {
  const file = trialsFile(folder);
  const trials = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const refusals = readRefusals(readFileSync(logFile(folder, 'network-policies'), 'utf8'));
  return platformsOwn(
    refusals,
    trials.map((line) => JSON.parse(line)),
  );
}

/** Records that a check tries connections. */
export function noteTrial({ folder }: Pick<SandboxOfSite, 'folder'>, trial: Trial): void {
  appendFileSync(trialsFile(folder), `${JSON.stringify(trial)}\n`);
}

// Kept with the cluster's logs, and removed with them.
function trialsFile(folder: string): string {
  return join(folder, 'logs', 'trials.jsonl');
}

/** Pods whose refusals are expected: those of `verify` and of checks. */
const probes = /^breakwater-verify-|\/rehearsal-probe$/;

/** Every sidecar queries a cloud's metadata service for its location, and works without an answer: https://istio.io/latest/docs/reference/commands/pilot-agent/ */
const metadata = '169.254.169.254';

/** Drops refusals that a check caused, that a policy intends, and of addresses that no pod has any more. */
export function platformsOwn(refusals: readonly Refusal[], trials: readonly Trial[]): Refusal[] {
  return refusals.filter(
    ({ time, from, to }) =>
      from.includes('/') &&
      to !== metadata &&
      !probes.test(from) &&
      !trials.some((trial) => trial.from <= time && time <= trial.to),
  );
}

/** @param log the program's output: lines of JSON, and others */
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
