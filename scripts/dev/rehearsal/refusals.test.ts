import { expect, test } from 'vitest';
import { platformsOwn, type Refusal, readRefusals } from './refusals.ts';

test('reads what was refused out of a log, whose last line may still be written', () => {
  const line =
    '{"time":"2026-11-26T15:00:00Z","from":"red/web","to":"argocd/argocd-redis-0","port":6379,"protocol":"TCP"}';
  expect(readRefusals(`2026/11/26 15:00:00 enforces\n${line}\n{"time":"2026-11-26T15:`)).toEqual([
    { time: '2026-11-26T15:00:00Z', from: 'red/web', to: 'argocd/argocd-redis-0', port: 6379, protocol: 'TCP' },
  ]);
});

test("skips what was tried on purpose, and the dead's last words", () => {
  const refusal = (time: string, from: string): Refusal => ({ time, from, to: 'a/b', port: 1, protocol: 'TCP' });
  const trials = [{ from: '2026-11-26T15:00:10.000Z', to: '2026-11-26T15:00:20.000Z' }];
  const own = refusal('2026-11-26T15:00:05.123456789Z', 'kubeflow/web');
  const others = [
    refusal('2026-11-26T15:00:15.123456789Z', 'kubeflow/web'),
    refusal('2026-11-26T15:00:05.1Z', 'default/rehearsal-probe'),
    refusal('2026-11-26T15:00:05.1Z', 'breakwater-verify-1a/outside'),
    refusal('2026-11-26T15:00:05.1Z', '10.244.0.9'),
    { ...own, to: '169.254.169.254' },
  ];
  expect(platformsOwn([own, ...others], trials)).toEqual([own]);
});
