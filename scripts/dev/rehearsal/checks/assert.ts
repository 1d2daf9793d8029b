import type { RehearsalSite } from '../site.ts';

/** Records an attempt: passed if the result equals the expectation. */
export type Expect = (name: string, tried: string, expected: unknown, got: unknown) => boolean;

/**
 * @param group name of the check
 * @returns a function that compares values as text: strings unchanged, all else as JSON
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
