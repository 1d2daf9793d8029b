import { expect, test } from 'vitest';
import { refusedByPolicy } from './judge.ts';
import type { Known } from './known.ts';

// Judged by the answer alone.
const nothingKnown = {} as Known;
const judge = (status: number, body: string) => {
  const fromBehind = ['x-envoy-upstream-service-time', '3'] as const;
  return refusedByPolicy.judge({ answers: [{ status, headers: [fromBehind], body }] }, nothingKnown);
};

test('a refusal by the policy of a sidecar is told from one by the program behind it', () => {
  expect(judge(403, 'RBAC: access denied')).toBeUndefined();
  expect(judge(403, 'no such profile')).toBe('an upstream answered 403');
  expect(judge(200, 'RBAC: access denied')).toBe('an upstream answered 200');
});
