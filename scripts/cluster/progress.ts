import { readyWithinAnnotation, revisionAnnotation } from '../components/domain.ts';
import type { ApplicationResource, LiveApplication } from './applications.ts';

/** Applications of one sync wave. */
export interface Wave {
  wave: number;
  applications: readonly string[];
}

/** The Applications to watch. */
export interface ProgressQuestion {
  /** Name of the root Application. */
  root: string;
  /** Namespace of Argo CD. */
  namespace: string;
  waves: readonly Wave[];
  /** The pushed commit; undefined: the root's current one. */
  commit?: string;
  /** Kubernetes context, for commands in messages. */
  context: string;
  /** Milliseconds since the epoch. */
  now: number;
}

export type ApplicationStage = 'absent' | 'waiting' | 'syncing' | 'progressing' | 'healthy' | 'failed';

interface ApplicationProgress {
  name: string;
  stage: ApplicationStage;
  /** Reason why it is not healthy yet. */
  message?: string;
}

interface WaveProgress {
  wave: number;
  /** For example `wave 3: istiod healthy, gateway not ready for 95 s of 300`. */
  line: string;
  healthy: boolean;
  applications: readonly ApplicationProgress[];
}

export interface Failure {
  application: string;
  /**
   * comparison: Git cannot be read or rendered. sync: the cluster refuses an object. degraded: a deployed object
   * failed. late: not ready in time, but the wait continues.
   */
  kind: 'comparison' | 'sync' | 'degraded' | 'late';
  message: string;
  /** Command for more details. */
  command: string;
}

export interface Progress {
  /** Everything is healthy at the commit. */
  done: boolean;
  waves: readonly WaveProgress[];
  failures: readonly Failure[];
  /** The root's line, for example `platform: syncing 1a2b3c4 (waves 0 to 2 of 9 healthy)`. */
  line: string;
}

/**
 * Computes the progress of the platform. Pure.
 *
 * Uses the same criteria as the health check that makes waves wait (infrastructure/argocd/application-health.lua): a child
 * counts once it has been compared at the commit that the root pinned.
 */
export function progress(applications: readonly LiveApplication[], question: ProgressQuestion): Progress {
  const byName = new Map(applications.map((application) => [application.metadata.name, application]));
  const root = byName.get(question.root);
  const compared = root?.status?.sync?.revision;
  const synced = root?.status?.operationState?.syncResult?.revision;
  // Between its comparison and its sync, the root's children are healthy at the commit of the last sync.
  const commit = compared !== undefined && compared === question.commit ? compared : (synced ?? compared);
  const reached = hasReached(root, question.commit);
  const waves = question.waves.map((wave) => waveProgress(wave, byName, reached ? commit : undefined, question));
  const childFailures = question.waves.flatMap(({ applications: names }) =>
    names.flatMap((name) => failureOf(byName.get(name), question)),
  );
  const rootFailure = failureOf(root, question).filter(
    ({ kind }) => kind === 'comparison' || childFailures.length === 0,
  );
  const rootDone = root !== undefined && reached && stageOf(root, question.now).stage === 'healthy';
  return {
    done: rootDone && waves.every(({ healthy }) => healthy),
    waves,
    failures: [...rootFailure, ...childFailures],
    line: rootLine(root, question, waves),
  };
}

/** Whether the root has reached the commit, or a newer one since. */
function hasReached(root: LiveApplication | undefined, commit: string | undefined): boolean {
  if (root === undefined) return false;
  if (commit === undefined) return true;
  const { sync, operationState, history = [] } = root.status ?? {};
  const revisions = [sync?.revision, operationState?.syncResult?.revision, ...history.map(({ revision }) => revision)];
  return revisions.includes(commit);
}

function waveProgress(
  { wave, applications }: Wave,
  byName: ReadonlyMap<string, LiveApplication>,
  commit: string | undefined,
  question: ProgressQuestion,
): WaveProgress {
  const states = applications.map((name): ApplicationProgress => {
    const application = byName.get(name);
    if (application === undefined) return { name, stage: 'absent', message: 'does not exist yet' };
    const pin = pinOf(application);
    if (commit === undefined || (pin !== undefined && pin !== commit)) {
      const was =
        stageOf(application, question.now).stage === 'healthy' ? 'healthy at an older commit' : 'at an older commit';
      return { name, stage: 'waiting', message: `${was}, its wave has not started` };
    }
    return { name, ...stageOf(application, question.now) };
  });
  const healthy = states.every(({ stage }) => stage === 'healthy');
  const rest = states.filter(({ stage }) => stage !== 'healthy');
  const idle = rest.length === states.length && rest.every(({ stage }) => stage === 'absent' || stage === 'waiting');
  const names = states.map(({ name }) => name).join(', ');
  const detail = healthy
    ? `healthy (${names})`
    : idle
      ? `has not started (${names})`
      : states
          .map(({ name, stage, message }) => `${name} ${stage === 'healthy' ? stage : (message ?? stage)}`)
          .join(', ');
  return { wave, line: `wave ${wave}: ${detail}`, healthy, applications: states };
}

/** Stage of an Application at its pinned commit. */
export function stageOf(application: LiveApplication, now: number): { stage: ApplicationStage; message?: string } {
  const { sync, health, operationState, conditions = [] } = application.status ?? {};
  const broken = conditions.find(({ type }) => type === 'ComparisonError' || type === 'InvalidSpecError');
  if (broken !== undefined && sync?.status !== 'Synced') {
    return { stage: 'failed', message: `comparison failed: ${short(broken.message)}` };
  }
  const phase = operationState?.phase;
  if (application.operation !== undefined && phase === undefined)
    return { stage: 'syncing', message: 'sync requested' };
  if (phase === 'Running' || phase === 'Terminating') {
    const retries = operationState?.retryCount ?? 0;
    const tries = retries > 0 ? `, try ${retries + 1}` : '';
    return { stage: 'syncing', message: `syncing${tries}: ${short(operationState?.message) || 'running'}` };
  }
  const pin = pinOf(application);
  if (pin !== undefined && !comparedRevisions(application).includes(pin)) {
    return { stage: 'syncing', message: `not compared yet with ${pin.slice(0, 7)}` };
  }
  if (sync?.status !== 'Synced' && !hasOnlyLeftovers(application)) {
    const failed = phase === 'Failed' || phase === 'Error';
    return failed
      ? { stage: 'failed', message: `sync failed: ${short(operationState?.message)}` }
      : { stage: 'syncing', message: sync?.status === 'OutOfSync' ? 'not synced yet' : 'not compared yet' };
  }
  if (health?.status === 'Healthy') return { stage: 'healthy' };
  if (health?.status === 'Degraded')
    return { stage: 'failed', message: `degraded: ${short(health.message) || 'see its resources'}` };
  return { stage: 'progressing', message: waitingTime(application, now) };
}

/** Whether it is OutOfSync only because of objects that a newer version dropped and Prune=false keeps: nothing waits for that. */
export function hasOnlyLeftovers({ status }: LiveApplication): boolean {
  const differing = (status?.resources ?? []).filter((resource) => resource.status === 'OutOfSync');
  return (
    status?.operationState?.phase === 'Succeeded' &&
    differing.length > 0 &&
    differing.every(({ requiresPruning }) => requiresPruning === true)
  );
}

/** @returns the commit that the root pinned for a child */
export function pinOf({ metadata }: LiveApplication): string | undefined {
  return metadata.annotations?.[revisionAnnotation];
}

function comparedRevisions({ status }: LiveApplication): readonly (string | undefined)[] {
  return [status?.sync?.revision, ...(status?.sync?.revisions ?? [])];
}

function waitingTime(application: LiveApplication, now: number): string {
  const { elapsed, limit } = readiness(application, now);
  const resources = unhealthy(application).map(({ kind, name }) => `${kind} ${name}`);
  const what = resources.length === 0 ? '' : ` (${resources.slice(0, 3).join(', ')})`;
  if (elapsed === undefined) return `not ready${what}`;
  return `not ready for ${elapsed} s${limit === undefined ? '' : ` of ${limit}`}${what}`;
}

/**
 * @param now milliseconds since the epoch
 * @returns seconds since it only waits to become ready, and its time limit
 */
export function readiness({ metadata, status }: LiveApplication, now: number): { elapsed?: number; limit?: number } {
  const times = [status?.operationState?.finishedAt, status?.health?.lastTransitionTime]
    .map((time) => Date.parse(time ?? ''))
    .filter((time) => !Number.isNaN(time));
  const limit = Number(metadata.annotations?.[readyWithinAnnotation]);
  return {
    ...(times.length === 0 ? {} : { elapsed: Math.max(0, Math.round((now - Math.max(...times)) / 1000)) }),
    ...(Number.isFinite(limit) && limit > 0 ? { limit } : {}),
  };
}

function unhealthy({ status }: LiveApplication): ApplicationResource[] {
  return (status?.resources ?? []).filter(({ health }) => health?.status !== undefined && health.status !== 'Healthy');
}

function failureOf(application: LiveApplication | undefined, question: ProgressQuestion): Failure[] {
  if (application === undefined) return [];
  const { name } = application.metadata;
  const { stage, message = '' } = stageOf(application, question.now);
  const { health, operationState } = application.status ?? {};
  const refused = (operationState?.syncResult?.resources ?? []).filter(
    ({ status, hookPhase }) => status === 'SyncFailed' || hookPhase === 'Failed' || hookPhase === 'Error',
  );
  const failure = (kind: Failure['kind'], text: string, resource?: ApplicationResource): Failure[] => [
    { application: name, kind, message: text, command: commandFor(question, name, resource) },
  ];
  if (stage === 'failed' && message.startsWith('comparison failed')) return failure('comparison', message);
  const retrying = stage === 'syncing' && (operationState?.retryCount ?? 0) > 0 && refused.length > 0;
  if (retrying || (stage === 'failed' && health?.status !== 'Degraded') || (stage === 'failed' && refused.length > 0)) {
    const reasons = refused.map((resource) => `${resource.kind} ${resource.name}: ${short(resource.message)}`);
    return failure('sync', reasons.length === 0 ? message : `the cluster rejected ${reasons.slice(0, 3).join('; ')}`);
  }
  if (stage === 'failed') {
    const [bad] = unhealthy(application);
    const detail = bad === undefined ? '' : `: ${bad.kind} ${bad.name} ${short(bad.health?.message) || 'failed'}`;
    return failure('degraded', bad === undefined ? message : `degraded${detail}`, bad);
  }
  const { elapsed = 0, limit } = readiness(application, question.now);
  if (stage !== 'progressing' || limit === undefined || elapsed <= limit) return [];
  return failure('late', message, unhealthy(application)[0]);
}

function commandFor({ context, namespace }: ProgressQuestion, name: string, resource?: ApplicationResource): string {
  const kubectl = `kubectl --context ${context}`;
  if (resource === undefined) return `${kubectl} --namespace ${namespace} describe applications.argoproj.io ${name}`;
  const kind = `${resource.kind.toLowerCase()}${resource.group === undefined || resource.group === '' ? '' : `.${resource.group}`}`;
  const place = resource.namespace === undefined ? '' : ` --namespace ${resource.namespace}`;
  return `${kubectl}${place} describe ${kind} ${resource.name}`;
}

function rootLine(
  root: LiveApplication | undefined,
  question: ProgressQuestion,
  waves: readonly WaveProgress[],
): string {
  const healthy = waves.filter((wave) => wave.healthy).length;
  const count = `${healthy} of ${waves.length} waves healthy`;
  if (root === undefined) return `${question.root}: does not exist`;
  const { stage, message } = stageOf(root, question.now);
  if (!hasReached(root, question.commit)) {
    const why =
      stage === 'failed' ? (message ?? '') : `Argo CD has not fetched the commit ${question.commit?.slice(0, 7)} yet`;
    return `${question.root}: ${why}`;
  }
  const retries = root.status?.operationState?.retryCount ?? 0;
  const again = retries > 0 ? `, retried ${retries === 1 ? 'once' : `${retries} times`}` : '';
  return `${question.root}: ${stage}, ${count}${again}`;
}

/** Shortens a message to one line: Argo CD quotes whole commands. */
function short(text: string | undefined): string {
  const line = (text ?? '').replaceAll(/\s+/g, ' ').trim();
  return line.length <= 300 ? line : `${line.slice(0, 300)}…`;
}
