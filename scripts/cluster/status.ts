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

/** What Git has at the place that the root follows. */
export interface Newest {
  /** Branch, tag or commit, as in the root. */
  revision: string;
  /** Absent: it could not be asked. */
  commit?: string;
  /** Why it could not be asked. */
  problem?: string;
}

/** One Application as it is. */
export interface ApplicationStatus {
  name: string;
  /** As Argo CD says; empty when it is absent. */
  sync: string;
  /** As Argo CD says; empty when it is absent. */
  health: string;
  /** Full commit that it was compared with; empty when there is none. */
  revision: string;
  stage: ApplicationStage;
  /** Why it is not well; empty when it is. */
  message: string;
  /** Begin and end of its last operation, ISO 8601. */
  syncStarted?: string;
  syncFinished?: string;
  /** Since when it has its health, ISO 8601. */
  healthSince?: string;
}

/** The root, and where it is in Git. */
interface RootStatus extends ApplicationStatus {
  git: Newest & {
    /** The commit that was applied to all waves last; absent: none yet. */
    applied?: string;
    /** Whether the newest commit is applied; absent: not known. */
    current?: boolean;
  };
}

/** What holds the root up, and until when. */
export interface WaitingFor {
  application: string;
  wave: number;
  /** As `not ready for 95 s of 900 (Deployment istiod)`. */
  why: string;
  /** Seconds. */
  elapsed?: number;
  /** Seconds. */
  limit?: number;
  /** When its time is over, ISO 8601. */
  until?: string;
  /** What the root does then. */
  afterwards: string;
}

/** The state of a platform, for people and for --json. */
export interface PlatformStatus {
  cluster: string;
  /** Everything that the tree has is Synced and Healthy, at the newest commit that Git has. */
  ok: boolean;
  /** The same in one sentence. */
  summary: string;
  root: RootStatus;
  waves: readonly { wave: number; applications: readonly ApplicationStatus[] }[];
  /** Applications that ApplicationSets made: outside the waves. */
  tenants: readonly ApplicationStatus[];
  waitingFor?: WaitingFor;
  /** In the tree, and not in the cluster. */
  missing: readonly string[];
  /** The root made them, and the tree has them no more. */
  orphaned: readonly ApplicationStatus[];
  /** Places of removed tenants, which are kept until they are purged; absent where they could not be looked at. */
  keptTenants?: readonly TenantPlace[];
}

/** What a status is asked about. */
export interface StatusQuestion extends Omit<ProgressQuestion, 'commit'> {
  cluster: string;
  newest: Newest;
}

/** Says how a platform stands, from all Applications in Argo CD's namespace. Pure. */
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
  if (root.git.current === false) return 'All Applications are well, and Git has a newer commit that is not applied';
  return `All ${all} Applications are well, and the root is not: ${root.message || root.health}`;
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

/** What is well and OutOfSync all the same needs a word. */
function noteOf(application: LiveApplication | undefined, stage: ApplicationStage, message: string): string {
  if (application === undefined || stage !== 'healthy' || !hasOnlyLeftovers(application)) return message;
  const left = (application.status?.resources ?? []).filter(({ requiresPruning }) => requiresPruning === true);
  return `kept, though Git has it no more: ${left.map(nameOf).join(', ')}`;
}

function nameOf({ kind, name }: ApplicationResource): string {
  return `${kind} ${name}`;
}

function rootStatus(live: LiveApplication | undefined, question: StatusQuestion): RootStatus {
  const { newest } = question;
  if (live === undefined) {
    const absent = describe(undefined, question.root, { stage: 'absent', message: 'not there' });
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
 * The commit that the root has applied to all waves. A commit that changes nothing in the root's own folder is Synced
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

/** Nothing holds up a root that has no operation and whose waves have all come. */
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
  if (found.stage === 'failed') return { ...holder, afterwards: `${afterwards}, by itself and without limit` };
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

/** An operation has the same deadline as getting ready (infrastructure/argocd/application-health.lua). */
function syncing(application: LiveApplication, now: number): { elapsed?: number; limit?: number } {
  const started = Date.parse(application.status?.operationState?.startedAt ?? '');
  const { limit } = readiness(application, now);
  const running = application.status?.operationState?.phase === 'Running';
  return {
    ...(Number.isNaN(started) || !running ? {} : { elapsed: Math.max(0, Math.round((now - started) / 1000)) }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** @returns the sentence about what the root waits for */
export function waitingSentence({ application, why, elapsed, limit, afterwards }: WaitingFor): string {
  const spent =
    why.includes(' for ') || elapsed === undefined || limit === undefined ? '' : `, ${elapsed} s of ${limit}`;
  return `waiting for ${application}: ${why}${spent}; then ${afterwards}`;
}
