import type { ApplicationResource, LiveApplication } from './applications.ts';
import { trackingAnnotation } from './owner.ts';
import {
  type ApplicationStage,
  hasOnlyLeftovers,
  type ProgressQuestion,
  pinOf,
  progress,
  readiness,
  stageOf,
} from './progress.ts';
import type { TenantPlace } from './tenants.ts';

/** Newest commit in Git at the revision that the root follows. */
export interface Newest {
  /** Branch, tag or commit, as in the root. */
  revision: string;
  /** Absent: Git could not be reached. */
  commit?: string;
  /** Reason why Git could not be reached. */
  problem?: string;
}

/** Status of one Application. */
export interface ApplicationStatus {
  name: string;
  /** From Argo CD; empty when the Application is absent. */
  sync: string;
  /** From Argo CD; empty when the Application is absent. */
  health: string;
  /** Full commit of the last comparison; empty when there is none. */
  revision: string;
  stage: ApplicationStage;
  /** Reason why it is not healthy; empty when it is. */
  message: string;
  /** Start and end of its last operation, ISO 8601. */
  syncStarted?: string;
  syncFinished?: string;
  /** Time of its last health change, ISO 8601. */
  healthSince?: string;
}

/** Status of the root, and its position in Git. */
interface RootStatus extends ApplicationStatus {
  git: Newest & {
    /** Last commit applied to all waves; absent: none yet. */
    applied?: string;
    /** Whether the newest commit is applied; absent: unknown. */
    current?: boolean;
  };
}

/** The Application that the root waits for, and its time limit. */
export interface WaitingFor {
  application: string;
  wave: number;
  /** For example `not ready for 95 s of 900 (Deployment istiod)`. */
  why: string;
  /** Seconds. */
  elapsed?: number;
  /** Seconds. */
  limit?: number;
  /** End of its time limit, ISO 8601. */
  until?: string;
  /** Next action of the root. */
  afterwards: string;
}

/** Status of a platform, for display and for --json. */
export interface PlatformStatus {
  cluster: string;
  /** True when all Applications of the tree are Synced and Healthy at the newest commit in Git. */
  ok: boolean;
  /** The status in one sentence. */
  summary: string;
  root: RootStatus;
  waves: readonly { wave: number; applications: readonly ApplicationStatus[] }[];
  /** Applications from ApplicationSets, outside the waves. */
  tenants: readonly ApplicationStatus[];
  waitingFor?: WaitingFor;
  /** Applications in the tree but not in the cluster. */
  missing: readonly string[];
  /** Applications that the root created and the tree no longer contains. */
  orphaned: readonly ApplicationStatus[];
  /** Removed tenants whose namespaces are kept until purged; absent if they could not be read. */
  keptTenants?: readonly TenantPlace[];
  /** The certificate of the platform's host; absent if it could not be read. */
  certificate?: CertificateEnd;
}

/** When a certificate expires. */
export interface CertificateEnd {
  /** ISO 8601. */
  until: string;
  /** True for `tls.certificate`, which nothing renews. */
  own: boolean;
}

/** Inputs for a status. */
export interface StatusQuestion extends Omit<ProgressQuestion, 'commit'> {
  cluster: string;
  newest: Newest;
}

/** Computes a platform's status from all Applications in Argo CD's namespace. Pure. */
export function platformStatus(applications: readonly LiveApplication[], question: StatusQuestion): PlatformStatus {
  const byName = new Map(applications.map((application) => [application.metadata.name, application]));
  const live = byName.get(question.root);
  const root = rootStatus(live, question);
  const { waves: moving } = progress(applications, question);
  const waves = moving.map(({ wave, applications: states }) => ({
    wave,
    applications: states.map(({ name, stage, message = '' }) =>
      describe(byName.get(name), name, { stage, message: noteOf(byName.get(name), stage, message) }),
    ),
  }));
  const inTree = new Set([question.root, ...question.waves.flatMap(({ applications: names }) => names)]);
  const rest = applications.filter(({ metadata }) => !inTree.has(metadata.name));
  const own = (application: LiveApplication) =>
    describe(application, application.metadata.name, stageOf(application, question.now));
  const tenants = rest.filter(isGenerated).map(own);
  const orphaned = rest.filter((item) => !isGenerated(item) && isTracked(item, question.root)).map(own);
  const missing = waves.flatMap(({ applications: states }) =>
    states.filter(({ stage }) => stage === 'absent').map(({ name }) => name),
  );
  const waitingFor = waitsFor(live, waves, byName, question);
  const all = [...waves.flatMap((wave) => wave.applications), ...tenants];
  const well = all.filter(({ stage }) => stage === 'healthy').length;
  const ok = root.stage === 'healthy' && well === all.length && root.git.current !== false;
  return {
    cluster: question.cluster,
    ok,
    summary: summarise(root, { ok, well, all: all.length }),
    root,
    waves,
    tenants,
    ...(waitingFor === undefined ? {} : { waitingFor }),
    missing,
    orphaned,
  };
}

function summarise(root: RootStatus, { ok, well, all }: { ok: boolean; well: number; all: number }): string {
  if (root.stage === 'absent') return 'The platform is not registered: there is no root Application';
  if (ok) return `All ${all} Applications are Synced and Healthy`;
  if (well < all) return `${well} of ${all} Applications are Synced and Healthy`;
  if (root.git.current === false) return 'All Applications are healthy, but Git has a newer commit that is not applied';
  return `All ${all} Applications are healthy, but the root is not: ${root.message || root.health}`;
}

function describe(
  application: LiveApplication | undefined,
  name: string,
  { stage, message = '' }: { stage: ApplicationStage; message?: string },
): ApplicationStatus {
  const { sync, health, operationState } = application?.status ?? {};
  const pin = application === undefined ? undefined : pinOf(application);
  const compared = sync?.revisions?.find((revision) => revision === pin) ?? sync?.revision ?? sync?.revisions?.at(-1);
  return {
    name,
    sync: application === undefined ? '' : (sync?.status ?? 'Unknown'),
    health: application === undefined ? '' : (health?.status ?? 'Unknown'),
    revision: compared ?? '',
    stage,
    message,
    ...(operationState?.startedAt === undefined ? {} : { syncStarted: operationState.startedAt }),
    ...(operationState?.finishedAt === undefined ? {} : { syncFinished: operationState.finishedAt }),
    ...(health?.lastTransitionTime === undefined ? {} : { healthSince: health.lastTransitionTime }),
  };
}

/** Explains an Application that is healthy but OutOfSync. */
function noteOf(application: LiveApplication | undefined, stage: ApplicationStage, message: string): string {
  if (application === undefined || stage !== 'healthy' || !hasOnlyLeftovers(application)) return message;
  const left = (application.status?.resources ?? []).filter(({ requiresPruning }) => requiresPruning === true);
  return `kept, although no longer in Git: ${left.map(nameOf).join(', ')}`;
}

function nameOf({ kind, name }: ApplicationResource): string {
  return `${kind} ${name}`;
}

function rootStatus(live: LiveApplication | undefined, question: StatusQuestion): RootStatus {
  const { newest } = question;
  if (live === undefined) {
    const absent = describe(undefined, question.root, { stage: 'absent', message: 'does not exist' });
    return { ...absent, git: { ...newest } };
  }
  const applied = appliedCommit(live);
  const current = newest.commit === undefined ? undefined : newest.commit === applied;
  return {
    ...describe(live, question.root, stageOf(live, question.now)),
    git: {
      ...newest,
      ...(applied === undefined ? {} : { applied }),
      ...(current === undefined ? {} : { current }),
    },
  };
}

/**
 * The commit that the root has applied to all waves. A commit without changes in the root's folder becomes Synced
 * without an operation.
 */
function appliedCommit({ status }: LiveApplication): string | undefined {
  const { sync, operationState, history = [] } = status ?? {};
  if (sync?.status === 'Synced' && operationState?.phase === 'Succeeded') return sync.revision;
  if (operationState?.phase === 'Succeeded') return operationState.syncResult?.revision;
  return history.at(-1)?.revision;
}

function isGenerated({ metadata }: LiveApplication): boolean {
  return (metadata.ownerReferences ?? []).some(({ kind }) => kind === 'ApplicationSet');
}

function isTracked({ metadata }: LiveApplication, root: string): boolean {
  return metadata.annotations?.[trackingAnnotation]?.startsWith(`${root}:`) === true;
}

/** The Application that the root waits for; none without an operation, once all waves have started. */
function waitsFor(
  root: LiveApplication | undefined,
  waves: PlatformStatus['waves'],
  byName: ReadonlyMap<string, LiveApplication>,
  { now }: StatusQuestion,
): WaitingFor | undefined {
  if (root === undefined || stageOf(root, now).stage === 'healthy') return undefined;
  const wave = waves.find(({ applications }) => applications.some(({ stage }) => stage !== 'healthy'));
  const found = wave?.applications.find(
    ({ stage }) => stage !== 'healthy' && stage !== 'absent' && stage !== 'waiting',
  );
  const application = byName.get(found?.name ?? '');
  if (wave === undefined || found === undefined || application === undefined) return undefined;
  const holder = { application: found.name, wave: wave.wave, why: found.message || found.stage };
  const afterwards = 'the root retries with the newest commit';
  if (found.stage === 'failed') return { ...holder, afterwards: `${afterwards}, automatically and without limit` };
  const { elapsed, limit } = found.stage === 'syncing' ? syncing(application, now) : readiness(application, now);
  const until = elapsed === undefined || limit === undefined ? undefined : now + (limit - elapsed) * 1000;
  return {
    ...holder,
    ...(elapsed === undefined ? {} : { elapsed }),
    ...(limit === undefined ? {} : { limit }),
    ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
    afterwards,
  };
}

/** Elapsed time and limit of an operation, the same limit as for readiness (infrastructure/argocd/application-health.lua). */
function syncing(application: LiveApplication, now: number): { elapsed?: number; limit?: number } {
  const started = Date.parse(application.status?.operationState?.startedAt ?? '');
  const { limit } = readiness(application, now);
  const running = application.status?.operationState?.phase === 'Running';
  return {
    ...(Number.isNaN(started) || !running ? {} : { elapsed: Math.max(0, Math.round((now - started) / 1000)) }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** @returns a sentence about the Application that the root waits for */
export function waitingSentence({ application, why, elapsed, limit, afterwards }: WaitingFor): string {
  const spent =
    why.includes(' for ') || elapsed === undefined || limit === undefined ? '' : `, ${elapsed} s of ${limit}`;
  return `waiting for ${application}: ${why}${spent}; then ${afterwards}`;
}
