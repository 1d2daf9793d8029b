import { describe, expect, test } from 'vitest';
import { pageHtml } from '../../page/page.ts';
import type { RecordData } from './record.ts';
import { reportPage } from './report-page.ts';

const passed = { group: 'login', name: 'in', tried: 'log in', expected: 'ann', got: 'ann', ok: true };
const record: RecordData = {
  started: '2026-11-25T10:00:00.000Z',
  seconds: 432,
  command: 'rehearse --quick',
  versions: { 'Argo CD': 'v3.5.7' },
  replacements: [],
  phases: [{ name: 'Bootstrap', start: '2026-11-25T10:01:00.000Z', seconds: 200 }],
  applications: [
    { name: 'platform', wave: -1, firstSync: 1 },
    { name: 'dex', wave: 3, firstSync: 20, healthy: 30 },
    { name: 'ready', wave: 4 },
  ],
  checks: [passed],
  requests: [],
  pictures: [],
  passed: 1,
  failed: 0,
  skipped: 0,
};

describe('the page of a rehearsal', () => {
  test('draws each Application from its first sync to Healthy, by the clock', () => {
    const [line] = reportPage(record, [], record.started).timelines ?? [];
    expect(line?.bars).toEqual([
      {
        name: 'dex',
        wave: 3,
        started: '2026-11-25T10:01:20.000Z',
        healthy: '2026-11-25T10:01:30.000Z',
        outcome: 'healthy',
      },
      { name: 'ready', wave: 4, outcome: 'waiting' },
    ]);
  });

  test('is bad when a check failed, and names it', () => {
    const failed = { ...record, failed: 1, checks: [{ ...passed, ok: false }] };
    expect(reportPage(failed, [], record.started).verdict).toEqual({
      state: 'bad',
      text: '1 passed, 1 failed, 0 not tried',
      details: ['login: in'],
    });
  });

  test('is bad when the run ended early, though all that was tried passed', () => {
    const { verdict } = reportPage({ ...record, failure: 'no address' }, [], record.started);
    expect(verdict).toMatchObject({ state: 'bad', details: ['no address'] });
  });

  test('says why a check was not tried', () => {
    const checks = [{ ...passed, ok: false, got: 'not tried', skipped: 'only on the sandbox' }];
    const page = reportPage({ ...record, checks }, [], record.started);
    expect(page.checks).toMatchObject([{ outcome: 'skipped', got: 'only on the sandbox' }]);
  });

  test('says which phase lies within another', () => {
    const at = (minute: string, seconds: number, name: string) => ({
      name,
      start: `2026-11-25T10:${minute}.000Z`,
      seconds,
    });
    const phases = [
      at('01:00', 200, 'Bootstrap'),
      at('05:00', 100, 'Stuck'),
      at('05:00', 40, 'slow'),
      at('05:40', 60, 'fix'),
    ];
    const page = reportPage({ ...record, phases }, [], record.started);
    expect(page.phases?.map(({ depth = 0 }) => depth)).toEqual([0, 0, 1, 1]);
  });

  test('becomes a page with what was seen', () => {
    const html = pageHtml(reportPage(record, [], record.started));
    expect(html).toContain('v3.5.7');
    expect(html).toContain('7 min 12 s');
  });
});
