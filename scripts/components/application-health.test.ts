import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { LuaFactory } from 'wasmoon';
import {
  before,
  child,
  complaint,
  failed,
  health,
  leftover,
  now,
  oldChild,
  outOfSync,
  type Part,
  pin,
  revisions,
  sources,
  stale,
  staleFailure,
  succeeded,
  toLua,
  uncompared,
} from '../dev/testing/application-health.fixtures.ts';
import { readyWithinAnnotation, revisionAnnotation } from './domain.ts';

const standsStill = "see whether Argo CD's application controller and repository server run";

const cases: Record<string, [application: Part, expected: string]> = {
  'a child without status': [{ ...child(), status: undefined }, 'Progressing: not reported yet'],
  'a child with an empty status': [{ ...child(), status: { health: {}, sync: {} } }, 'Progressing: not reported yet'],
  'a child whose health is known and whose comparison is not': [
    child({ sync: undefined }),
    'Progressing: not compared yet',
  ],
  'a child that is synced and healthy at the pin': [child(), 'Healthy: '],
  'a child that was never synced because it matched at once': [child({ operationState: undefined }), 'Healthy: '],

  'a child that was never reported': [
    { ...oldChild(), status: undefined },
    `Degraded: not reported yet, for more than 300 s: ${standsStill}`,
  ],
  'a child that was never compared': [
    oldChild({ sync: {} }),
    `Degraded: not compared yet, for more than 300 s: ${standsStill}`,
  ],
  'a spec that was never compared': [
    oldChild({ sync: stale }),
    `Degraded: waiting for a comparison with the newest spec, for more than 300 s: ${standsStill}`,
  ],
  'a commit that was never compared': [
    oldChild({ sync: { ...stale, comparedTo: { sources: sources() } } }),
    `Degraded: waiting for a comparison with ${pin}, for more than 300 s: ${standsStill}`,
  ],
  'a comparison that never said what it found': [
    oldChild({ sync: { ...uncompared, revisions } }),
    `Degraded: waiting for a comparison, for more than 300 s: ${standsStill}`,
  ],
  'a sync that is requested and never begins': [
    oldChild({}, { operation: { sync: {} } }),
    `Degraded: sync is requested, for more than 300 s: ${standsStill}`,
  ],
  'a sync that is held back for ever': [
    oldChild({ sync: outOfSync, operationState: undefined, health: health('Missing') }),
    'Degraded: out of sync: waiting for auto-sync, for more than 300 s: see whether a sync window of its project is closed',
  ],
  'an Application of somebody else that was never reported': [
    { ...oldChild(), metadata: { name: 'red', creationTimestamp: '2026-03-01T00:00:00Z' }, status: undefined },
    'Progressing: not reported yet',
  ],

  'a sync that is requested': [child({}, { operation: { sync: {} } }), 'Progressing: sync is requested'],
  'a sync that is running': [
    child({ operationState: { phase: 'Running', startedAt: '2026-03-29T11:56:00Z', message: 'waiting for Job/x' } }),
    'Progressing: sync is running: waiting for Job/x',
  ],
  'a sync that is running, with the request that is kept meanwhile': [
    child({ operationState: { phase: 'Running', startedAt: '2026-03-29T11:54:00Z' } }, { operation: { sync: {} } }),
    'Degraded: sync not finished within 300 s',
  ],
  'a sync that is being terminated': [
    child({ operationState: { phase: 'Terminating', startedAt: '2026-03-29T11:58:00Z' } }),
    'Progressing: sync is running',
  ],
  'a sync that a window has held back for too long': [
    child({
      operationState: {
        phase: 'Running',
        startedAt: '2026-03-29T11:00:00Z',
        message: 'Sync operation blocked by sync window',
      },
    }),
    'Degraded: sync not finished within 300 s: Sync operation blocked by sync window',
  ],

  'a child that was compared with the commit before': [
    child({ sync: stale }),
    'Progressing: waiting for a comparison with the newest spec',
  ],
  'a child whose comparison names the pin but not its commit': [
    child({ sync: { ...stale, comparedTo: { sources: sources() } } }),
    `Progressing: waiting for a comparison with ${pin}`,
  ],
  'a child whose comparison knows no commits': [
    child({ sync: { ...stale, comparedTo: { sources: sources() }, revisions: undefined } }),
    `Progressing: waiting for a comparison with ${pin}`,
  ],
  "another chart version than the comparison's": [
    child({}, { spec: { sources: sources({ targetRevision: 'v1.22.0' }) } }),
    'Progressing: waiting for a comparison with the newest spec',
  ],
  "inline patches that the comparison doesn't have": [
    child({}, { spec: { sources: sources({ kustomize: { patches: [{ patch: '- op: test' }] } }) } }),
    'Progressing: waiting for a comparison with the newest spec',
  ],
  'inline patches that only the comparison has': [
    child({
      sync: { ...stale, comparedTo: { sources: sources({ kustomize: { patches: [{ patch: '- op: test' }] } }) } },
    }),
    'Progressing: waiting for a comparison with the newest spec',
  ],
  'one source more than the comparison': [
    child({}, { spec: { sources: [...sources(), { repoURL: 'https://git.example.com/other.git' }] } }),
    'Progressing: waiting for a comparison with the newest spec',
  ],
  'empty and false fields, which a comparison leaves out': [
    child(
      { sync: { ...outOfSync, status: 'Synced', comparedTo: { sources: sources({ directory: { jsonnet: {} } }) } } },
      { spec: { sources: sources({ helm: { releaseName: 'cert-manager', parameters: [], passCredentials: false } }) } },
    ),
    'Healthy: ',
  ],
  'a pin that no source has': [
    child({ sync: stale }, { spec: { sources: sources(undefined, before) } }),
    `Degraded: no source is pinned to ${pin}`,
  ],
  'a child with a single source': [
    child(
      { sync: { status: 'Synced', comparedTo: { source: sources()[1] }, revision: pin } },
      { spec: { sources: undefined, source: sources()[1] } },
    ),
    'Healthy: ',
  ],
  'a child with a single source, compared with the commit before': [
    child(
      { sync: { status: 'Synced', comparedTo: { source: sources()[1] }, revision: before } },
      { spec: { sources: undefined, source: sources()[1] } },
    ),
    `Progressing: waiting for a comparison with ${pin}`,
  ],

  'a path that does not exist': [
    child({ sync: uncompared, conditions: complaint('ComparisonError') }),
    'Degraded: no such path',
  ],
  "the commit before's comparison error": [
    child({ sync: { ...stale, status: 'Unknown' }, conditions: complaint('ComparisonError') }),
    'Progressing: waiting for a comparison with the newest spec',
  ],
  'a spec that the project refuses, which is then not compared': [
    child({ sync: { ...stale, status: 'Unknown' }, conditions: complaint('InvalidSpecError', 'not permitted') }),
    'Degraded: not permitted',
  ],
  'an unknown comparison without a reason': [
    child({ sync: { ...uncompared, revisions } }),
    'Progressing: waiting for a comparison',
  ],
  'a child that Argo CD took objects away from': [
    child({
      conditions: complaint('ExcludedResourceWarning', 'Resource security.istio.io/AuthorizationPolicy is excluded'),
    }),
    'Degraded: argocd-cm excludes objects of it (resource.exclusions, resource.inclusions): Resource security.istio.io/AuthorizationPolicy is excluded',
  ],
  'a warning on a good child': [child({ conditions: complaint('SharedResourceWarning') }), 'Healthy: '],

  'a sync of the pin that failed': [
    child({ sync: outOfSync, operationState: failed }),
    'Degraded: sync failed: one or more objects failed to apply',
  ],
  'a sync of the pin that ended in an error without a message': [
    child({ sync: outOfSync, operationState: { ...failed, phase: 'Error', message: undefined } }),
    'Degraded: sync failed',
  ],
  'a failed sync of the commit before': [
    child({ sync: outOfSync, operationState: staleFailure }),
    'Progressing: out of sync: waiting for auto-sync',
  ],
  'a failed operation that never became a sync': [
    child({ sync: outOfSync, operationState: { ...failed, syncResult: undefined } }),
    'Progressing: out of sync: waiting for auto-sync',
  ],
  'a sync that would remove every object': [
    child({
      sync: outOfSync,
      health: health('Missing'),
      conditions: complaint('SyncError', 'auto-sync will wipe out all resources'),
    }),
    'Degraded: auto-sync will wipe out all resources',
  ],
  'a new child whose first sync did not begin yet': [
    child({ sync: outOfSync, operationState: undefined, health: health('Missing') }),
    'Progressing: out of sync: waiting for auto-sync',
  ],
  'auto-sync that is off': [
    child({ sync: outOfSync, operationState: staleFailure }, { spec: { syncPolicy: undefined } }),
    'Degraded: out of sync, and auto-sync is off: sync it by hand, or switch it on',
  ],
  'auto-sync that is switched off': [
    child({ sync: outOfSync }, { spec: { syncPolicy: { automated: { enabled: false, selfHeal: true } } } }),
    'Degraded: out of sync, and auto-sync is off: sync it by hand, or switch it on',
  ],
  'auto-sync that is off on a child that is synced by hand': [child({}, { spec: { syncPolicy: {} } }), 'Healthy: '],
  'objects that vanished or were changed after the sync': [
    child({ sync: outOfSync, health: health('Missing') }),
    'Progressing: out of sync after its sync: waiting for self-heal',
  ],
  'objects that were changed after the sync, without self-heal': [
    child({ sync: outOfSync }, { spec: { syncPolicy: { automated: { prune: true } } } }),
    'Degraded: out of sync after its sync, and self-heal is off: sync it by hand, or switch it on',
  ],
  'objects of which a busy Argo CD has not heard yet, repaired in the first seconds after their sync': [
    child({ sync: outOfSync, operationState: { ...succeeded, operation: { sync: { autoHealAttemptsCount: 4 } } } }),
    'Progressing: out of sync after its sync: waiting for self-heal',
  ],
  'objects that something else changes again and again': [
    child({ sync: outOfSync, operationState: { ...succeeded, operation: { sync: { autoHealAttemptsCount: 5 } } } }),
    'Degraded: still out of sync after 5 repairs: something else changes its objects',
  ],
  'an object that a newer chart dropped and Prune=false keeps': [
    child({ sync: outOfSync, resources: [{ kind: 'Deployment', status: 'Synced' }, leftover] }),
    'Healthy: ',
  ],
  'such an object, and another that was changed': [
    child({ sync: outOfSync, resources: [leftover, { kind: 'Deployment', status: 'OutOfSync' }] }),
    'Progressing: out of sync after its sync: waiting for self-heal',
  ],
  'an object that is dropped by the spec that is yet to be synced': [
    child({ sync: outOfSync, operationState: undefined, resources: [leftover] }),
    'Progressing: out of sync: waiting for auto-sync',
  ],

  'a hook that failed after all objects were synced': [
    child({
      operationState: {
        ...failed,
        syncResult: {
          sources: sources(),
          revisions,
          resources: [
            { kind: 'Deployment', name: 'cert-manager', status: 'Synced' },
            { kind: 'Job', name: 'check', hookType: 'PostSync', hookPhase: 'Failed', message: 'deadline exceeded' },
          ],
        },
      },
    }),
    'Degraded: PostSync hook Job/check failed: deadline exceeded',
  ],
  'hooks that went well in a sync that gave up on an object': [
    child({
      operationState: {
        ...failed,
        syncResult: {
          ...failed.syncResult,
          resources: [
            { kind: 'Job', name: 'check', hookType: 'PreSync', hookPhase: 'Succeeded' },
            { kind: 'Deployment', name: 'cert-manager', hookPhase: 'Failed' },
          ],
        },
      },
    }),
    'Healthy: ',
  ],
  'a deadline of one second': [
    child(
      { health: health('Progressing', '2026-03-29T11:59:58Z'), operationState: undefined },
      { annotations: { [readyWithinAnnotation]: '1' } },
    ),
    'Degraded: not ready within 1 s (Progressing)',
  ],
  'a sync that gave up on what became healthy later': [child({ operationState: failed }), 'Healthy: '],
  'a failed hook of the commit before': [child({ operationState: staleFailure }), 'Healthy: '],

  'a child that is degraded': [
    child({ health: health('Degraded', '2026-03-29T11:59:00Z', 'crash loop') }),
    'Degraded: crash loop',
  ],
  'a child that is getting ready after its sync': [
    child({
      health: health('Progressing', '2026-03-20T00:00:00Z'),
      operationState: { ...succeeded, finishedAt: '2026-03-29T11:55:00Z' },
    }),
    'Progressing: not ready yet (Progressing)',
  ],
  'a child that is not ready one second after its deadline': [
    child({
      health: health('Progressing', '2026-03-20T00:00:00Z'),
      operationState: { ...succeeded, finishedAt: '2026-03-29T11:54:59Z' },
    }),
    'Degraded: not ready within 300 s (Progressing)',
  ],
  'a child that is getting ready again long after its sync': [
    child({ health: health('Progressing', '2026-03-29T11:58:00Z', 'node drained') }),
    'Progressing: not ready yet (Progressing): node drained',
  ],
  'a new child that was never synced and is not ready': [
    child({ health: { status: 'Progressing' }, operationState: undefined }),
    'Degraded: not ready within 300 s (Progressing)',
  ],
  'a deadline that was raised': [
    child({ health: health('Progressing') }, { annotations: { [readyWithinAnnotation]: '1800' } }),
    'Progressing: not ready yet (Progressing)',
  ],
  'no deadline, ten minutes after the sync': [
    child({ health: health('Progressing') }, { annotations: { [readyWithinAnnotation]: undefined } }),
    'Progressing: not ready yet (Progressing)',
  ],
  'no deadline, after an hour': [
    child(
      { health: health('Progressing', '2026-03-29T11:00:00Z'), operationState: undefined },
      { annotations: { [readyWithinAnnotation]: undefined } },
    ),
    'Degraded: not ready within 900 s (Progressing)',
  ],
  ...Object.fromEntries(
    ['soon', '0', '-5', '1.5', '1e30', ''].map((limit): [string, [Part, string]] => [
      `a deadline of "${limit}"`,
      [
        child(
          { health: health('Progressing', '2026-03-29T11:00:00Z'), operationState: undefined },
          { annotations: { [readyWithinAnnotation]: limit } },
        ),
        'Degraded: not ready within 900 s (Progressing)',
      ],
    ]),
  ),
  'health that is unknown for a moment': [
    child({ health: health('Unknown', '2026-03-29T11:59:00Z') }),
    'Progressing: not ready yet (Unknown)',
  ],
  'health that stays unknown': [
    child({ health: health('Unknown', '2026-03-29T11:00:00Z') }),
    'Degraded: not ready within 300 s (Unknown)',
  ],
  'objects that are missing though synced': [
    child({ health: health('Missing', '2026-03-29T11:59:00Z') }),
    'Progressing: not ready yet (Missing)',
  ],
  'a child that is suspended': [
    child({ health: health('Suspended', '2026-03-29T11:59:00Z', 'paused') }),
    'Suspended: paused',
  ],
  'a child that stays suspended': [
    child({ health: health('Suspended', '2026-03-29T11:00:00Z', 'paused') }),
    'Degraded: not ready within 300 s (Suspended): paused',
  ],

  ...Object.fromEntries(
    ['Healthy', 'Progressing', 'Degraded', 'Missing', 'Suspended', 'Unknown'].map(
      (status): [string, [Part, string]] => [
        `an Application that the tree does not pin, ${status}`,
        [
          child(
            { health: { status, message: 'its own' }, sync: stale },
            { annotations: { [revisionAnnotation]: undefined } },
          ),
          `${status}: its own`,
        ],
      ],
    ),
  ),
  'an Application without annotations or status': [
    { metadata: { name: 'foreign' }, spec: { source: sources()[1] } },
    'Progressing: not reported yet',
  ],
  'an Application without annotations': [
    { metadata: { name: 'root' }, spec: { source: sources()[1] }, status: { health: { status: 'Healthy' } } },
    'Healthy: ',
  ],
};

describe('the health check for Applications', () => {
  let script = '';
  beforeAll(async () => {
    script = await readFile(new URL('../../infrastructure/argocd/application-health.lua', import.meta.url), 'utf8');
  });

  /** Runs the script in a Lua of its own, whose clock stands still. */
  async function judge(application: Part): Promise<string> {
    const lua = await new LuaFactory().createEngine();
    try {
      return await lua.doString(`
        os.time = function() return ${Date.parse(now) / 1000} end
        obj = ${toLua(application)}
        local result = (function() ${script}
        end)()
        return result.status .. ": " .. (result.message or "")`);
    } finally {
      lua.global.close();
    }
  }

  it.each(Object.entries(cases))('answers for %s', async (_, [application, expected]) => {
    expect(await judge(application)).toBe(expected);
  });

  it('says in its first line what it is', () => {
    expect(script).toMatch(/^-- Argo CD's health check for Application objects/);
  });
});
