import { tally } from '../page/tables.ts';
import type { AttackResult } from '../page/types.ts';

const marks = { passed: 'ok     ', failed: 'FAILED ', skipped: 'skipped' } as const;

/** @returns one line per check, with more lines for a failed one */
export function rowLines(rows: readonly AttackResult[]): string[] {
  const width = Math.min(60, Math.max(...rows.map(({ id }) => id.length), 0));
  return rows.flatMap((row) => {
    const head = `  ${marks[row.outcome]} ${row.id.padEnd(width)}  ${row.outcome === 'skipped' ? row.why : row.answer}`;
    if (row.outcome !== 'failed') return [head];
    return [
      head,
      `          tried: ${row.tries}`,
      `          sent: ${row.request}`,
      `          expected: ${row.expected}; ${row.why}`,
    ];
  });
}

/** @returns the final table: one line per group, and the failed checks */
export function attackSummary(rows: readonly AttackResult[]): string {
  const groups = [...new Set(rows.map(({ group }) => group))];
  const width = Math.max(...groups.map((name) => name.length), 5);
  const line = (name: string, of: readonly AttackResult[]) => {
    const { passed, failed, skipped } = tally(of);
    return `${name.padEnd(width)}  ${String(passed).padStart(6)}  ${String(failed).padStart(6)}  ${String(skipped).padStart(7)}`;
  };
  const failed = rows.filter(({ outcome }) => outcome === 'failed');
  return [
    `${'group'.padEnd(width)}  passed  failed  skipped`,
    ...groups.map((name) =>
      line(
        name,
        rows.filter(({ group }) => group === name),
      ),
    ),
    line('all', rows),
    ...(failed.length === 0 ? [] : ['', 'Failed:', ...rowLines(failed)]),
  ].join('\n');
}
