import type { KubernetesObject } from '../components/component.ts';
import { clusterLabel } from '../components/domain.ts';
import { type Api, argocdManager } from './api.ts';
import { type Applied, type ApplyRun, applyObjects } from './apply.ts';
import type { Verdict } from './ownership.ts';
import { keepKnownHosts } from './trust.ts';
import { waitForWorkloads } from './workloads.ts';

export interface ArgoCDInstall {
  /** Its namespace and all its manifests, rendered from the source that its own Application reads. */
  objects: readonly KubernetesObject[];
  /** The verdict on the cluster's current state. */
  verdict: Pick<Verdict, 'cluster' | 'argocd' | 'takeOverDefinitions'>;
  /** Seconds until its workloads must be ready; undefined: do not wait. */
  readyWithinSeconds?: number;
  dryRun?: boolean;
  report?: (line: string) => void;
  signal?: AbortSignal;
}

/**
 * Installs Argo CD, or completes an interrupted installation. An Argo CD that manages itself from Git, or has another
 * owner, is left alone. Uses server-side apply, because the ApplicationSet CRD is too large otherwise (argocd-autopilot#689).
 *
 * @returns the result for each object; empty when Argo CD was left alone
 * @throws RunError when it is not ready in time, or another program owns a field
 */
export async function installArgoCD(api: Api, install: ArgoCDInstall): Promise<Applied[]> {
  const { verdict, report, readyWithinSeconds } = install;
  const run = {
    ...(install.dryRun === undefined ? {} : { dryRun: install.dryRun }),
    ...(install.signal === undefined ? {} : { signal: install.signal }),
    ...(report === undefined ? {} : { report }),
  };
  if (verdict.argocd === 'existing') {
    report?.('using the existing Argo CD (argocd.install: false)');
    return [];
  }
  if (verdict.argocd === 'self-managed') {
    report?.('Argo CD manages itself from Git: nothing to install');
  } else {
    report?.(verdict.argocd === 'absent' ? 'installing Argo CD' : 'completing the installation of Argo CD');
  }
  const applied = verdict.argocd === 'self-managed' ? [] : await applyManifests(api, install.objects, verdict, run);
  if (readyWithinSeconds !== undefined && install.dryRun !== true) {
    await waitForWorkloads(api, install.objects, { ...run, timeoutSeconds: readyWithinSeconds });
  }
  return applied;
}

async function applyManifests(
  api: Api,
  objects: readonly KubernetesObject[],
  verdict: ArgoCDInstall['verdict'],
  run: ApplyRun,
): Promise<Applied[]> {
  const marked = objects.map((object) => withClusterLabel(object, verdict.cluster));
  const isDefinition = ({ kind }: KubernetesObject) => kind === 'CustomResourceDefinition';
  const rest = marked.filter((object) => !isDefinition(object));
  const as = { ...run, manager: argocdManager, takeHandedOver: true };
  return [
    // Left over from a removed Argo CD: no other program maintains these fields.
    ...(await applyObjects(api, marked.filter(isDefinition), { ...as, force: verdict.takeOverDefinitions })),
    ...(await applyObjects(api, await keepKnownHosts(api, rest), as)),
  ];
}

/** Marks the object as ours until Argo CD manages itself and sets its tracking annotation. */
function withClusterLabel(object: KubernetesObject, cluster: string): KubernetesObject {
  const labels = { ...object.metadata.labels, [clusterLabel]: cluster };
  return { ...object, metadata: { ...object.metadata, labels } };
}
