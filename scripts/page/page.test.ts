import { describe, expect, it } from 'vitest';
import { pageHtml } from './page.ts';
import { clock, durationText, ticks } from './time.ts';
import type { AttackResult, CheckRow, Page } from './types.ts';

const page: Page = {
  title: 'Status of demo',
  made: '2026-11-25T04:00:00Z',
  verdict: { state: 'good', text: 'All is well' },
};

const check: CheckRow = { group: 'TLS', name: 'a name', tried: 'a', expected: 'b', got: 'c', outcome: 'passed' };

const attack: AttackResult = {
  id: 'identity-1',
  group: 'identity',
  tries: 'a',
  request: 'GET /',
  expected: '302',
  answer: '302',
  outcome: 'passed',
};

/** The hostile text that every field of a page gets in turn. */
const hostile = `"'></style></title><script>alert(1)</script><img src=x onerror=alert(1)>`;

/** The page with every text in it replaced, whatever the field; the words that choose a colour stay. */
function poisoned(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return ['state', 'outcome', 'started', 'healthy'].includes(key) ? value : hostile;
  if (Array.isArray(value)) return value.map((item) => poisoned(item, key));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, poisoned(item, name)]));
}

const everything: Page = {
  ...page,
  verdict: { state: 'bad', text: 'a', details: ['b'] },
  facts: [{ name: 'a', value: 'b' }],
  fakes: [{ what: 'a', by: 'b', why: 'c' }],
  timelines: [
    {
      title: 'a',
      note: 'b',
      bars: [
        {
          name: 'a',
          wave: 'tenants',
          started: '2026-11-25T04:00:00Z',
          healthy: '2026-11-25T04:00:09Z',
          outcome: 'healthy',
        },
        { name: 'b', wave: 2, outcome: 'waiting' },
      ],
      marks: [{ at: '2026-11-25T04:00:00Z', text: 'a' }],
    },
  ],
  waves: [
    {
      wave: 'tenants',
      applications: [{ name: 'a', sync: 'b', health: 'c', revision: 'd', message: 'e', state: 'bad' }],
    },
  ],
  checks: [
    { ...check, outcome: 'failed' },
    { ...check, group: 'other' },
  ],
  requests: [attack, { ...attack, group: 'other', why: 'd', outcome: 'skipped' }],
  pictures: [{ caption: 'a', png: 'AAAA' }],
  phases: [{ name: 'a', seconds: 1, outcome: 'failed', note: 'b' }],
};

describe('a report page', () => {
  it('escapes each text, wherever it stands', () => {
    const text = pageHtml(poisoned(everything) as Page);
    expect(text).not.toContain('<script');
    expect(text).not.toContain('<img src=x');
    expect(text).not.toMatch(/"'>/);
    expect(text.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(25);
  });

  it('takes in nothing from outside, runs no script, and forbids both', () => {
    const text = pageHtml(everything);
    expect(text).toContain(`default-src 'none'`);
    expect(text).not.toMatch(/<(script|link|iframe|object)|https?:|@import|url\(/);
  });

  it('shows what could hide on a screen: unprintable and direction marks', () => {
    expect(pageHtml({ ...page, title: 'a\u202eb\u0000c' })).toContain('<h1>a\ufffdb\ufffdc</h1>');
  });

  it('leaves out sections that it has nothing for, and says so where one is empty', () => {
    expect(pageHtml(page)).not.toContain('<section');
    const empty = pageHtml({ ...page, waves: [], checks: [], requests: [], phases: [], timelines: [], fakes: [] });
    expect(empty.match(/<section/g)).toHaveLength(6);
    expect(empty).toContain('Nothing was checked.');
    expect(empty).not.toContain('NaN');
    expect(empty).not.toContain('Infinity');
  });

  it('counts what passed of what was tried, skipped ones apart', () => {
    const text = pageHtml({
      ...page,
      checks: [check, { ...check, outcome: 'failed' }, { ...check, outcome: 'skipped' }],
    });
    expect(text).toContain('<b>1 of 2</b><span>checks passed, 1 skipped</span>');
    expect(text).toContain('1 passed, 1 failed, 1 skipped');
  });

  it('opens failed checks while they are few, and shows the first line of each when they are many', () => {
    const failed = (number: number) =>
      pageHtml({
        ...page,
        checks: Array.from({ length: number }, () => ({ ...check, outcome: 'failed' as const, got: 'first\nsecond' })),
      });
    expect(failed(5).match(/<details class="check" open>/g)).toHaveLength(5);
    expect(failed(80)).not.toContain('<details class="check" open>');
    expect(failed(80).match(/<small>first<\/small>/g)).toHaveLength(80);
  });

  it('gives each outcome of the attacks its filter, and opens the groups in which one failed', () => {
    const text = pageHtml({
      ...page,
      requests: [attack, { ...attack, group: 'paths', outcome: 'failed', why: 'it got in' }],
    });
    expect(text).toContain('id="outcome-failed"');
    expect(text).not.toContain('id="outcome-skipped"');
    expect(text).toContain('section:has(#outcome-failed:checked) .requests:not(.has-failed),');
    expect(text).toContain('<details class="check requests has-passed">');
    expect(text).toContain('<details class="check requests has-failed" open>');
    expect(text).toContain('<tr class="failed">');
  });

  it('counts the time of parts within others once', () => {
    const phases = [
      { name: 'all', seconds: 100 },
      { name: 'first', seconds: 60, depth: 1 },
    ];
    const text = pageHtml({ ...page, phases });
    expect(text).toContain('<b>1 min 40 s</b>');
    expect(text).toContain('<tr class="passed within"><td class="text">first');
  });

  it('draws a bar from the first sync to Healthy, and one without an end to the end of the picture', () => {
    const text = pageHtml({
      ...page,
      timelines: [
        {
          title: 'First sync',
          bars: [
            {
              name: 'a',
              wave: 0,
              started: '2026-11-25T04:00:00Z',
              healthy: '2026-11-25T04:00:25Z',
              outcome: 'healthy',
            },
            { name: 'b', wave: 1, started: '2026-11-25T04:00:30Z', outcome: 'failed' },
            { name: 'c', wave: 2, outcome: 'waiting' },
          ],
          marks: [{ at: '2026-11-25T04:01:40Z', text: 'end' }],
        },
      ],
    });
    expect(text).toMatch(/<rect class="healthy" x="0%" y="\d+" width="25%"/);
    expect(text).toMatch(/<rect class="failed" x="30%" y="\d+" width="70%"/);
    expect(text).toContain('not started');
    expect(text).toContain(
      '<td>a</td><td>0</td><td class="number">0:00</td><td class="number">0:25</td><td class="number">25 s</td>',
    );
  });
});

describe('times', () => {
  it('are said as people say them', () => {
    expect([0.42, 9.96, 59.6, 252, 3600, 3900].map(durationText)).toEqual([
      '0.4 s',
      '10 s',
      '1 min',
      '4 min 12 s',
      '1 h',
      '1 h 5 min',
    ]);
    expect([5, 750, 3905].map(clock)).toEqual(['0:05', '12:30', '1:05:05']);
  });

  it('have round places on an axis, never more than asked for', () => {
    expect(ticks(231)).toEqual([0, 60, 120, 180]);
    expect(ticks(1)).toEqual([0, 1]);
    for (const length of [0.5, 7, 61, 5000, 400_000, 9_000_000]) expect(ticks(length).length).toBeLessThanOrEqual(7);
  });
});
