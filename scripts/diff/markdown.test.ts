import { describe, expect, it } from 'vitest';
import type { Change } from './compare.ts';
import { diffMarkdown, textLimit } from './markdown.ts';
import type { ClusterDifference } from './summary.ts';
import { diffText } from './text.ts';

function change(name: string, lines: readonly string[], more: Partial<Change> = {}): Change {
  return {
    change: 'changed',
    application: 'dex',
    wave: 6,
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: 'auth',
    name,
    lines: lines.map((text) => ({ sign: '+', text })),
    ...more,
  };
}

const against = '1a2b3c4d5e6f (origin/main)';
const markdownOf = (differences: readonly ClusterDifference[], notShown: readonly string[] = []) =>
  diffMarkdown({ differences, notShown }, against);

describe('the difference as Markdown', () => {
  it('has the summary of all clusters first, then each resource folded', () => {
    const text = markdownOf([
      {
        cluster: 'one',
        changes: [change('a', ['x'], { wave: -1, application: 'platform' }), change('b', ['y'])],
        notes: [],
      },
      { cluster: 'two', changes: [], notes: ['a note'] },
    ]);
    expect(text).toContain('### one: 0 added, 2 changed, 0 removed');
    expect(text).toContain('| root | platform | 0 | 1 | 0 | 0 |\n| 6 | dex | 0 | 1 | 0 | 0 |');
    expect(text).toContain('### two: no changes');
    expect(text).toContain('- :warning: a note');
    expect(text.indexOf('### two')).toBeLessThan(text.indexOf('<details>'));
    expect(text).not.toContain('Omitted');
  });

  it('says first what a cluster loses', () => {
    const gone = { change: 'removed' } as const;
    const text = markdownOf([
      { cluster: 'one', changes: [change('a', ['x'])], notes: [] },
      {
        cluster: 'two',
        changes: [
          change('red', [], { ...gone, kind: 'Application' }),
          change('blue', [], { ...gone, kind: 'Application' }),
          change('x', [], gone),
          change('red', [], { ...gone, kind: 'Namespace' }),
        ],
        notes: [],
      },
    ]);
    expect(text.split('\n').slice(3, 5)).toEqual([
      ':warning: **Removes 2 Applications and 2 resources from two, with the data of Namespace red.**',
      '',
    ]);
    expect(text.match(/Removes/g)).toHaveLength(1);
  });

  it('always fits a comment, and counts what was skipped', () => {
    const changes = Array.from({ length: 3000 }, (_, index) =>
      change(
        `n${index}`,
        Array.from({ length: 50 }, () => 'x'.repeat(60)),
        { application: `app-${index % 500}` },
      ),
    );
    const text = markdownOf([{ cluster: 'one', changes, notes: [] }]);
    expect(text.length).toBeLessThanOrEqual(textLimit);
    const shown = text.match(/<details>/g)?.length ?? 0;
    expect(shown).toBeGreaterThan(10);
    expect(text).toContain(
      `Omitted to fit into a comment: ${3000 - shown} resources with ${(3000 - shown) * 50} lines.`,
    );
    expect(text).toContain('and 440 more');
  });

  it('cuts one long resource, and counts its lines', () => {
    const text = markdownOf([
      {
        cluster: 'one',
        changes: [
          change(
            'a',
            Array.from({ length: 500 }, () => 'x'),
          ),
        ],
        notes: [],
      },
    ]);
    expect(text).toContain('... 380 more lines');
    expect(text).toContain('Omitted to fit into a comment: 380 lines.');
  });

  it('is not got out of by what files say: fences, markup and calls of people stay text', () => {
    const text = markdownOf([
      {
        cluster: 'one',
        changes: [change('</summary><img src=x> @acme/all', ['```', '</details>', '`````'])],
        notes: ['[link](https://evil.example.com)'],
      },
    ]);
    expect(text).toContain('\n``````diff\n+ ```\n+ </details>\n+ `````\n``````\n');
    expect(text).not.toContain('<img');
    expect(text).not.toMatch(/@acme/);
    expect(text).not.toMatch(/(?<!\\)\[link/);
  });
});

it('names what Argo CD may read and nothing shows, as text', () => {
  const paths = ['tenants/red/apps/<img src=x>', 'docs/@acme'];
  const text = markdownOf([], paths);
  expect(text).toContain(':warning: 2 files that Argo CD might read and this command cannot show: ');
  expect(text).not.toMatch(/<img|@acme/);
  expect(diffText({ differences: [], notShown: paths.slice(1) }, against, false)).toContain(
    '! 1 file that Argo CD might read and this command cannot show: docs/@acme.',
  );
});

describe('the difference as text', () => {
  it('has colours on a terminal only', () => {
    const differences = [{ cluster: 'one', changes: [change('a', ['x'])], notes: [] }];
    expect(diffText({ differences, notShown: [] }, against, false)).not.toContain('\u001b');
    expect(diffText({ differences, notShown: [] }, against, true)).toContain('\u001b[32m  + x');
  });
});
