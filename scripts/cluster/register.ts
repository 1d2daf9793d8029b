import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '../components/component.ts';
import { RunError } from '../report/errors.ts';
import type { Api } from './api.ts';
import type { LiveApplication } from './applications.ts';
import { type Applied, type ApplyRun, applyObject } from './apply.ts';
import { describeObject, type LiveData, type LiveObject } from './live.ts';
import { trackingAnnotation } from './owner.ts';

/** What makes Argo CD know the tree. */
export interface Registration {
  /** As `repositorySecret` makes it. Absent: a public repository, or credentials that are there already. */
  repository?: KubernetesObject;
  /** Whether credentials that are there are replaced (`--rotate` with their Secret's name). */
  rotate?: boolean;
  projects: readonly KubernetesObject[];
  root: KubernetesObject;
}

/**
 * Registers the repository with Argo CD: credentials, AppProjects, the root Application; then reads the root back.
 *
 * A root that is there gets its spec applied and is asked to look at Git again. Its operation is never touched: one that
 * runs goes on, and takes up the newest commit by its own retry.
 *
 * @throws RunError when another program holds a field, or the API server keeps something else than was applied
 */
export async function register(api: Api, registration: Registration, run: ApplyRun = {}): Promise<Applied[]> {
  const { repository, projects, root } = registration;
  const applied: Applied[] = [];
  if (repository !== undefined) applied.push(await applyRepository(api, repository, registration.rotate === true, run));
  for (const project of projects) applied.push(await applyProject(api, project, run));
  const before = await api.find<LiveApplication>(root);
  const result = await applyObject(api, root, run);
  applied.push(result);
  if (run.dryRun === true) return applied;
  await checkKept(api, root);
  if (before !== undefined) await refresh(api, root, before, run);
  return applied;
}

/**
 * Writes the repository's Secret, where there are no credentials yet.
 *
 * @param rotate true: those that are there are replaced
 * @throws RunError when they lack what the configured method needs
 */
export async function applyRepository(
  api: Api,
  wanted: KubernetesObject,
  rotate: boolean,
  run: ApplyRun,
): Promise<Applied> {
  const live = await api.find<LiveData>(wanted);
  if (keepRepository(live, wanted as LiveData, rotate)) return { object: describeObject(wanted), change: 'unchanged' };
  return applyObject(api, wanted, { ...run, force: rotate });
}

/**
 * Decides whether credentials that are there stay: they do, whatever the environment of this run holds, unless they are to
 * be rotated or are for another repository. Pure.
 *
 * @throws RunError when they lack what the configured method needs
 */
export function keepRepository(live: LiveData | undefined, wanted: LiveData, rotate: boolean): boolean {
  if (live === undefined || rotate || live.data?.url !== wanted.data?.url) return false;
  const empty = Object.keys(wanted.data ?? {}).filter((key) => (live.data?.[key] ?? '') === '');
  if (empty.length === 0) return true;
  throw new RunError(`${describeObject(live)} has no value for ${empty.join(', ')}`, {
    hint: `Write it from the configured credentials with --rotate ${live.metadata.name}.`,
  });
}

/** @returns true when a Secret for the same repository has other values than the configured credentials give */
export function holdsOthers(live: LiveData, wanted: LiveData): boolean {
  const value = (data: LiveData['data'], key: string) =>
    Buffer.from(data?.[key] ?? '', 'base64')
      .toString()
      .trim();
  const same = value(live.data, 'url') === value(wanted.data, 'url');
  return same && Object.keys(wanted.data ?? {}).some((key) => value(live.data, key) !== value(wanted.data, key));
}

/** Once the root has synced, Argo CD's controller holds the project's fields, with what it read in this same Git. */
async function applyProject(api: Api, project: KubernetesObject, run: ApplyRun): Promise<Applied> {
  const live = await api.find<LiveObject>(project);
  const tracked = live?.metadata.annotations?.[trackingAnnotation] !== undefined;
  return applyObject(api, project, tracked ? { ...run, force: true } : run);
}

async function checkKept(api: Api, root: KubernetesObject): Promise<void> {
  const live = await api.find<LiveApplication>(root);
  const lost = Object.entries(root.spec as Record<string, unknown>)
    .filter(([key, value]) => !isDeepStrictEqual((live?.spec as Record<string, unknown> | undefined)?.[key], value))
    .map(([key]) => `spec.${key}`);
  if (lost.length === 0) return;
  throw new RunError(`${describeObject(root)} does not hold what was applied: ${lost.join(', ')}`, {
    hint: 'Its CRD may be older than this tree, or an admission policy changes it: compare the version of Argo CD with the one in Git.',
  });
}

async function refresh(api: Api, root: KubernetesObject, before: LiveApplication, run: ApplyRun): Promise<void> {
  const phase = before.status?.operationState?.phase;
  if (before.operation !== undefined || phase === 'Running' || phase === 'Terminating') {
    run.report?.(`${describeObject(root)} is syncing: left to go on`);
    return;
  }
  // Argo CD takes the annotation off when it has looked; else it would look within three minutes.
  await api.merge(root, { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'normal' } } });
}
