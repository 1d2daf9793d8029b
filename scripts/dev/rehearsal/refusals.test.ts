import { expect, test } from 'vitest';
import { readRefusals } from './refusals.ts';

test('reads what was refused out of a log, whose last line may still be written', () => {
  const line =
    '{"time":"2026-11-26T15:00:00Z","from":"red/web","to":"argocd/argocd-redis-0","port":6379,"protocol":"TCP"}';
  expect(readRefusals(`2026/11/26 15:00:00 enforces\n${line}\n{"time":"2026-11-26T15:`)).toEqual([
    { time: '2026-11-26T15:00:00Z', from: 'red/web', to: 'argocd/argocd-redis-0', port: 6379, protocol: 'TCP' },
  ]);
});
