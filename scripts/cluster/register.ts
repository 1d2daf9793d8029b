import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '../components/component.ts';
import { RunError } from '../report/errors.ts';
import type { Api } from './api.ts';
import type { LiveApplication } from './applications.ts';
import { type Applied, type ApplyRun, applyObject } from './apply.ts';
import { describeObject, type LiveData, type LiveObject } from './live.ts';
import { trackingAnnotation } from './owner.ts';

/** Objects that register the tree with Argo CD. */
export interface Registration {
  /** The Secret from `repositorySecret`. Absent: a public repository, or existing credentials. */
  repository?: KubernetesObject;
  /** Whether to replace existing credentials (`--rotate` with their Secret's name). */
  rotate?: boolean;
  projects: readonly KubernetesObject[];
  root: KubernetesObject;
}

/**
 * Registers the repository with Argo CD: credentials, AppProjects, the root Application; then reads the root back.
 *
 * An existing root gets its spec applied and a refresh. Its operation is never touched: a
 * running one continues, and picks up the newest commit with its next retry.
 *
 * @throws RunError when another program owns a field, or the API server stored something else
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
 * Writes the repository's Secret, unless credentials exist.
 *
 * @param rotate true: replace existing credentials
 * @throws RunError when they lack a key that the configured method needs
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
 * Decides whether existing credentials stay. They do, whatever the environment of this run contains, unless they are
 * rotated or for another repository. Pure.
 *
 * @throws RunError when they lack a key that the configured method needs
 */
export function keepRepository(live: LiveData | undefined, wanted: LiveData, rotate: boolean): boolean {
  if (live === undefined || rotate || live.data?.url !== wanted.data?.url) return false;
  const empty = Object.keys(wanted.data ?? {}).filter((key) => (live.data?.[key] ?? '') === '');
  if (empty.length === 0) return true;
  throw new RunError(`${describeObject(live)} has no value for ${empty.join(', ')}`, {
    hint: `Write it again from the configured credentials: --rotate ${live.metadata.name}.`,
  });
}

/** @returns true when a Secret for the same repository differs from the configured credentials */
export function holdsOthers(live: LiveData, wanted: LiveData): boolean {
  const value = (data: LiveData['data'], key: string) =>
    Buffer.from(data?.[key] ?? '', 'base64')
      .toString()
      .trim();
  const same = value(live.data, 'url') === value(wanted.data, 'url');
  return same && Object.keys(wanted.data ?? {}).some((key) => value(live.data, key) !== value(wanted.data, key));
}

/** Applies a project by force: after the first sync, Argo CD's controller owns its fields, with values from this same Git. */
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
  throw new RunError(`${describeObject(root)} lacks fields that were applied: ${lost.join(', ')}`, {
    hint: 'Its CRD may be older than the manifests in Git, or an admission policy may be changing it. Compare the version of the running Argo CD with the one in Git.',
  });
}

async function refresh(api: Api, root: KubernetesObject, before: LiveApplication, run: ApplyRun): Promise<void> {
  const phase = before.status?.operationState?.phase;
  if (before.operation !== undefined || phase === 'Running' || phase === 'Terminating') {
    run.report?.(`${describeObject(root)} is syncing: not interrupted`);
    return;
  }
  // Argo CD removes the annotation after the refresh. Without it, the refresh could take three minutes.
  await api.merge(root, { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'normal' } } });
}
