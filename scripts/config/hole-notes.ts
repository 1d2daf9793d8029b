import type { Cluster } from './cluster.ts';

/**
 * Published holes of what runs that only another version shuts, where the gateway cannot.
 *
 * @returns sentences that start with a file
 */
export function holeNotes({ folder, kubeflow }: Cluster): string[] {
  if (!kubeflow.components.includes('pipelines')) return [];
  return [
    `${folder}/cluster.yaml: Pipelines before 2.18 let everyone who is logged in change and delete shared pipelines (CVE-2026-77596, GHSA-ghgh-57qv-h687); no Kubeflow release that Breakwater supports includes it. The gateway refuses only new shared uploads. See docs/security.md, Known holes.`,
  ];
}
