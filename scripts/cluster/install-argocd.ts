import type { KubernetesObject } from '../components/component.ts';
import type { Api } from './api.ts';
import { type Applied, applyObjects } from './apply.ts';
import type { Verdict } from './ownership.ts';
import { keepKnownHosts } from './trust.ts';
import { waitForWorkloads } from './workloads.ts';

export interface ArgoCDInstall {
  /** Its namespace and all its manifests, rendered from the source that its own Application reads. */
  objects: readonly KubernetesObject[];
  /** What the look at the cluster said. */
  verdict: Pick<Verdict, 'argocd' | 'takeOverDefinitions'>;
  /** Seconds until its workloads must be ready; undefined: they are not waited for. */
  readyWithinSeconds?: number;
  dryRun?: boolean;
  report?: (line: string) => void;
  signal?: AbortSignal;
}

/**
 * Installs Argo CD, or completes an installation that was cut short. One that manages itself from Git, or belongs to
 * somebody else, is left alone. Server-side apply: its ApplicationSet CRD is too large for the other (argocd-autopilot#689).
 *
 * @returns what became of each object; empty when it was left alone
 * @throws RunError when it is not ready in time, or another program holds a field
 */
export async function installArgoCD(api: Api, install: ArgoCDInstall): Promise<Applied[]> {
  const { verdict, report, readyWithinSeconds } = install;
  const run = {
    ...(install.dryRun === undefined ? {} : { dryRun: install.dryRun }),
    ...(install.signal === undefined ? {} : { signal: install.signal }),
    ...(report === undefined ? {} : { report }),
  };
  if (verdict.argocd === 'existing') {
    report?.('Argo CD is used as it is (argocd.install: false)');
    return [];
  }
  if (verdict.argocd === 'self-managed') {
    report?.('Argo CD manages itself from Git: left to it');
  } else {
    report?.(verdict.argocd === 'absent' ? 'installing Argo CD' : 'completing the installation of Argo CD');
  }
  const applied =
    verdict.argocd === 'self-managed'
      ? []
      : await applyManifests(api, install.objects, verdict.takeOverDefinitions, run);
  if (readyWithinSeconds !== undefined && install.dryRun !== true) {
    await waitForWorkloads(api, install.objects, { ...run, timeoutSeconds: readyWithinSeconds });
  }
  return applied;
}

async function applyManifests(
  api: Api,
  objects: readonly KubernetesObject[],
  takeOver: boolean,
  run: Parameters<typeof applyObjects>[2],
): Promise<Applied[]> {
  const isDefinition = ({ kind }: KubernetesObject) => kind === 'CustomResourceDefinition';
  const rest = objects.filter((object) => !isDefinition(object));
  return [
    // Left by an Argo CD that is gone: nobody else keeps these fields.
    ...(await applyObjects(api, objects.filter(isDefinition), { ...run, force: takeOver, leaveTracked: true })),
    ...(await applyObjects(api, await keepKnownHosts(api, rest), { ...run, leaveTracked: true })),
  ];
}
