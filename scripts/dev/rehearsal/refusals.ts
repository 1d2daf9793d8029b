import { readFileSync } from 'node:fs';
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

/** What NetworkPolicies refused since the cluster began, as the program that enforces them wrote it down. */
export async function refusedByPolicies({ folder }: Pick<SandboxOfSite, 'folder'>): Promise<Refusal[]> {
  return readRefusals(readFileSync(logFile(folder, 'network-policies'), 'utf8'));
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
