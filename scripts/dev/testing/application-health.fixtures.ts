import { readyWithinAnnotation, revisionAnnotation } from '../../components/domain.ts';

/** Noon: the time at which every fixture is evaluated. */
export const now = '2026-03-29T12:00:00Z';
export const pin = 'b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5';
export const before = 'a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4';

export type Part = Record<string, unknown>;

/** Two sources, as in the tree: a chart, and the platform's repository at the pin. */
export function sources(chart: Part = {}, revision = pin): Part[] {
  return [
    {
      repoURL: 'quay.io/jetstack/charts',
      chart: 'cert-manager',
      targetRevision: 'v1.21.2',
      helm: { releaseName: 'cert-manager' },
      ...chart,
    },
    { repoURL: 'https://git.example.com/platform.git', targetRevision: revision, ref: 'values' },
  ];
}

export const revisions = ['v1.21.2', pin];

export const succeeded = {
  phase: 'Succeeded',
  startedAt: '2026-03-29T11:50:00Z',
  finishedAt: '2026-03-29T11:51:00Z',
  operation: { sync: { sources: sources() } },
  syncResult: { sources: sources(), revisions },
};
export const failed = { ...succeeded, phase: 'Failed', message: 'one or more objects failed to apply' };

/** An entry of managedFields: who wrote a part of an object, and when. */
function written(field: string, time: string): Part {
  return { manager: 'argocd-controller', operation: 'Update', time, fieldsV1: { [`f:${field}`]: {} } };
}

/** A child that is Synced at the pin and Healthy, with parts of its status replaced. */
export function child(
  status: Part = {},
  rest: { spec?: Part; annotations?: Part; operation?: Part; specAt?: string } = {},
): Part {
  const { specAt = '2026-03-29T11:58:00Z' } = rest;
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name: 'cert-manager',
      creationTimestamp: '2026-03-01T00:00:00Z',
      annotations: { [revisionAnnotation]: pin, [readyWithinAnnotation]: '300', ...rest.annotations },
      managedFields: [
        written('status', '2026-03-29T11:59:59Z'),
        written('spec', specAt),
        ...(rest.operation === undefined ? [] : [written('operation', specAt)]),
      ],
    },
    spec: { sources: sources(), syncPolicy: { automated: { prune: true, selfHeal: true } }, ...rest.spec },
    ...(rest.operation && { operation: rest.operation }),
    status: {
      sync: { status: 'Synced', comparedTo: { sources: sources() }, revisions },
      health: { status: 'Healthy', lastTransitionTime: '2026-03-20T00:00:00Z' },
      operationState: succeeded,
      ...status,
    },
  };
}

/** The same, with a spec written an hour ago. */
export function oldChild(status: Part = {}, rest: { operation?: Part } = {}): Part {
  return child(status, { ...rest, specAt: '2026-03-29T11:00:00Z' });
}

/** An object that a newer version dropped, and that is not pruned. */
export const leftover = { kind: 'CustomResourceDefinition', status: 'OutOfSync', requiresPruning: true };
export const outOfSync = { status: 'OutOfSync', comparedTo: { sources: sources() }, revisions };
export const uncompared = { status: 'Unknown', comparedTo: { sources: sources() } };
export const stale = {
  status: 'Synced',
  comparedTo: { sources: sources(undefined, before) },
  revisions: ['v1.21.2', before],
};
export const staleFailure = {
  ...failed,
  syncResult: { sources: sources(undefined, before), revisions: ['v1.21.2', before] },
};

export function complaint(type: string, message = 'no such path'): Part[] {
  return [
    { type: 'OrphanedResourceWarning', message: 'orphans' },
    { type, message },
  ];
}

export function health(status: string, lastTransitionTime = '2026-03-29T11:50:00Z', message?: string): Part {
  return { status, lastTransitionTime, ...(message !== undefined && { message }) };
}

/** A value as a Lua expression, with lists that start at 1, as Argo CD passes objects to the script. */
export function toLua(value: unknown): string {
  if (value === undefined) return 'nil';
  if (Array.isArray(value)) return `{${value.map(toLua).join(', ')}}`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `[${JSON.stringify(key)}] = ${toLua(item)}`)
    .join(', ')}}`;
}
