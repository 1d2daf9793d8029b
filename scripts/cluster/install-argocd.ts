import type { KubernetesObject } from '../components/component.ts';
import { clusterLabel } from '../components/domain.ts';
import type { Api } from './api.ts';
import { type Applied, type ApplyRun, applyObjects } from './apply.ts';
import type { Verdict } from './ownership.ts';
import { keepKnownHosts } from './trust.ts';
import { waitForWorkloads } from './workloads.ts';

export interface ArgoCDInstall {
  /** Its namespace and all its manifests, rendered from the source that its own Application reads. */
  objects: readonly KubernetesObject[];
  /** What the look at the cluster said. */
  verdict: Pick<Verdict, 'cluster' | 'argocd' | 'takeOverDefinitions'>;
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
  const applied = verdict.argocd === 'self-managed' ? [] : await applyManifests(api, install.objects, verdict, run);
  if (readyWithinSeconds !== undefined && install.dryRun !== true) {
    await waitForWorkloads(api, install.objects, { ...run, timeoutSeconds: readyWithinSeconds });
  }
  return applied;
}

/**
 * The field manager under which Argo CD itself applies: https://github.com/argoproj/argo-cd/blob/master/common/common.go.
 * Under a name of ours, each field would belong to us, too, and stay when a later version of the manifests drops it.
 */
const argocdManager = 'argocd-controller';

async function applyManifests(
  api: Api,
  objects: readonly KubernetesObject[],
  verdict: ArgoCDInstall['verdict'],
  run: ApplyRun,
): Promise<Applied[]> {
  const marked = objects.map((object) => withClusterLabel(object, verdict.cluster));
  const isDefinition = ({ kind }: KubernetesObject) => kind === 'CustomResourceDefinition';
  const rest = marked.filter((object) => !isDefinition(object));
  const as = { ...run, manager: argocdManager };
  return [
    // Left by an Argo CD that is gone: nobody else keeps these fields.
    ...(await applyObjects(api, marked.filter(isDefinition), { ...as, force: verdict.takeOverDefinitions })),
    ...(await applyObjects(api, await keepKnownHosts(api, rest), as)),
  ];
}

/** Says that it is ours until Argo CD manages itself: then its own mark takes the label's place. */
function withClusterLabel(object: KubernetesObject, cluster: string): KubernetesObject {
  const labels = { ...object.metadata.labels, [clusterLabel]: cluster };
  return { ...object, metadata: { ...object.metadata, labels } };
}
