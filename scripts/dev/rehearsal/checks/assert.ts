import type { RehearsalSite } from '../site.ts';

/** Records one thing that was tried: passed when what came back is what was expected. */
export type Expect = (name: string, tried: string, expected: unknown, got: unknown) => boolean;

/**
 * @param group name of the check
 * @returns compares as text; texts are kept as they are, all else as JSON
 */
export function expecting(site: RehearsalSite, group: string): Expect {
  return (name, tried, expected, got) => {
    const [wanted, seen] = [textOf(expected), textOf(got)];
    const ok = wanted === seen;
    site.record.check({ group, name, tried, expected: wanted, got: seen, ok });
    return ok;
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
}
