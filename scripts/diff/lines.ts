import { diffArrays } from 'diff';

/** A line of a difference: kept, added or removed. */
export interface DiffLine {
  sign: ' ' | '+' | '-';
  text: string;
}

/** Texts with more changed lines are shown as one removed and one added block. */
const mostEdits = 1500;

/**
 * Compares two texts line by line.
 *
 * @returns all lines of both, in order, with the fewest additions and removals
 */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  const parts = diffArrays([...before], [...after], { maxEditLength: mostEdits }) ?? [
    { removed: true, added: false, value: before },
    { removed: false, added: true, value: after },
  ];
  return parts.flatMap(({ added, removed, value }) =>
    value.map((text): DiffLine => ({ sign: added ? '+' : removed ? '-' : ' ', text })),
  );
}

/**
 * Keeps the changed lines and some context.
 *
 * @param context lines kept before and after each change
 * @returns lines as from `diffLines`, with `...` in place of each omitted part
 */
export function withContext(lines: readonly DiffLine[], context: number): DiffLine[] {
  const near = new Set<number>();
  for (const [index, { sign }] of lines.entries()) {
    if (sign === ' ') continue;
    for (let close = index - context; close <= index + context; close += 1) near.add(close);
  }
  const kept: DiffLine[] = [];
  for (const [index, line] of lines.entries()) {
    if (near.has(index)) kept.push(line);
    else if (kept.at(-1)?.text !== '...') kept.push({ sign: ' ', text: '...' });
  }
  return kept;
}
