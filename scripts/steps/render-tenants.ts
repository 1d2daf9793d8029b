import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { inParallel } from '../cluster/parallel.ts';
import type { KubernetesObject } from '../components/component.ts';
import type { RenderedApplication } from '../diff/pair.ts';
import { count } from '../report/count.ts';
import { RunError } from '../report/errors.ts';
import { renderChart } from '../tools/helm.ts';
import { ownValueFiles } from '../tree/application-sets.ts';
import { isMap } from '../tree/rules/parsed-tree.ts';
import { isClusterScoped } from '../tree/rules/scope.ts';
import { readManifests } from '../tree/tenant-apps/manifests.ts';
import { readInputs } from '../workspace/read-inputs.ts';
import {
  chooseTenants,
  manifestFiles,
  type TenantFiles,
  type TenantJob,
  type TenantPair,
} from './differing-tenants.ts';
import { cascades, inWords, type RenderedPair, unpacked } from './render-side.ts';

/** Reads what tenants are made of: their folders, and the local charts. */
export async function readTenantFiles(folder: string): Promise<TenantFiles> {
  return await readInputs(folder, ['tenants', 'infrastructure'], /^/);
}

/**
 * Renders what Argo CD would render for tenants, as the Applications that the ApplicationSets make, where it may differ.
 *
 * @returns as `renderPair` does
 */
export async function renderTenants(pair: TenantPair): Promise<RenderedPair> {
  const { chosen, left } = chooseTenants(pair);
  const result: RenderedPair = { before: [], after: [], notes: left.length === 0 ? [] : [leftNote(left)] };
  // Helm is a program of its own: several run at once.
  await inParallel(chosen, availableParallelism(), async ({ before, after }) => {
    for (const name of new Set([...before, ...after].map((job) => job.name))) {
      const [old, now] = [before, after].map((jobs) => jobs.find((job) => job.name === name));
      await renderBoth(old, now, result);
    }
  });
  return { ...result, notes: result.notes.sort() };
}

function leftNote(left: readonly string[]): string {
  const names = `${left.slice(0, 3).join(', ')}${left.length > 3 ? ', …' : ''}`;
  return `${count(left.length, 'further tenant')} (${names}) not rendered: they differ by the chart, an ApplicationSet or the cluster only, as those shown do. --all-tenants renders all.`;
}

/** An Application that is there on both sides has its ApplicationSet's difference to show, and is not shown itself. */
async function renderBoth(old: TenantJob | undefined, now: TenantJob | undefined, result: RenderedPair): Promise<void> {
  const itself = (old === undefined) !== (now === undefined);
  try {
    if (now !== undefined) result.after.push(await rendered(now, itself));
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    result.notes.push(`${now?.name}: what is there stays as it is, since this can't be rendered: ${inWords(error)}`);
    return;
  }
  try {
    if (old !== undefined) result.before.push(await rendered(old, itself));
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    result.notes.push(`${old?.name} is shown as new, since the base's can't be rendered: ${inWords(error)}`);
  }
}

async function rendered(job: TenantJob, itself: boolean): Promise<RenderedApplication> {
  const { name, wave, object, namespace } = job;
  const made = (await objectsOf(job)).flatMap(unpacked);
  const objects = [...(itself ? [object] : []), ...made].map((each) => ({
    object: each,
    namespace: isClusterScoped(each) ? '' : (each.metadata.namespace ?? namespace),
  }));
  return { name, wave, objects, cascades: cascades(object) };
}

async function objectsOf(job: TenantJob): Promise<KubernetesObject[]> {
  const { source, namespace, at } = job;
  if (!isMap(source.helm)) return manifestsOf(job);
  const { releaseName, valuesObject } = source.helm;
  return await renderChart(join(at.side.folder, source.path ?? '.'), {
    release: String(releaseName),
    namespace,
    valueFiles: ownValueFiles(job)
      .filter((file) => at.files.has(file))
      .map((file) => join(at.side.folder, file)),
    ...(isMap(valuesObject) ? { valuesObject } : {}),
  });
}

/** A tenant's own manifests as they are written: whatever a team writes, the others' difference is shown. */
function manifestsOf({ source, at }: TenantJob): KubernetesObject[] {
  return manifestFiles(at.files, source.path ?? '').flatMap(([file, text]) => {
    const { manifests, problems } = readManifests(file, text);
    const wrong = problems.find(({ unreadable }) => unreadable);
    if (wrong !== undefined) throw new RunError(`${file} cannot be read`, { details: [wrong.message] });
    return manifests.map(({ object }) => object);
  });
}
