/** A line of a difference: kept, added or removed. */
export interface DiffLine {
  sign: ' ' | '+' | '-';
  text: string;
}

/** So many steps are looked for; texts that differ more are shown as one block out and one block in. */
const mostEdits = 1500;

/**
 * Compares two texts line by line.
 *
 * @returns all lines of both, in order, with the fewest additions and removals (Myers, "An O(ND) Difference Algorithm", 1986)
 */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const shorter = Math.min(before.length, after.length) - start;
  while (end < shorter && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const same = (text: string): DiffLine => ({ sign: ' ', text });
  return [
    ...before.slice(0, start).map(same),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ];
}

function middle(before: readonly string[], after: readonly string[]): DiffLine[] {
  const trace = search(before, after);
  if (trace === undefined) {
    return [
      ...before.map((text): DiffLine => ({ sign: '-', text })),
      ...after.map((text): DiffLine => ({ sign: '+', text })),
    ];
  }
  return walkBack(before, after, trace);
}

/** For each number of edits, how far each diagonal was reached; undefined when there are too many. */
function search(before: readonly string[], after: readonly string[]): Map<number, number>[] | undefined {
  let reached = new Map([[1, 0]]);
  const trace: Map<number, number>[] = [];
  for (let edits = 0; edits <= Math.min(mostEdits, before.length + after.length); edits += 1) {
    trace.push(reached);
    const next = new Map<number, number>();
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = stepOf(reached, diagonal, edits);
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x += 1;
      next.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return [...trace, next];
    }
    reached = next;
  }
  return undefined;
}

/** Where a step onto the diagonal ends: down (a line added) or to the right (a line removed), whichever came further. */
function stepOf(reached: ReadonlyMap<number, number>, diagonal: number, edits: number): number {
  return isAddition(reached, diagonal, edits) ? far(reached, diagonal + 1) : far(reached, diagonal - 1) + 1;
}

function isAddition(reached: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  return diagonal !== edits && far(reached, diagonal - 1) < far(reached, diagonal + 1);
}

function far(reached: ReadonlyMap<number, number>, diagonal: number): number {
  return reached.get(diagonal) ?? -1;
}

function walkBack(
  before: readonly string[],
  after: readonly string[],
  trace: readonly ReadonlyMap<number, number>[],
): DiffLine[] {
  const lines: DiffLine[] = [];
  let x = before.length;
  let y = after.length;
  for (let edits = trace.length - 2; edits >= 0; edits -= 1) {
    const reached = trace[edits] ?? new Map<number, number>();
    const diagonal = x - y;
    const added = isAddition(reached, diagonal, edits);
    const from = added ? diagonal + 1 : diagonal - 1;
    const fromX = edits === 0 ? 0 : far(reached, from);
    const fromY = edits === 0 ? 0 : fromX - from;
    while (x > fromX && y > fromY && before[x - 1] === after[y - 1]) {
      x -= 1;
      y -= 1;
      lines.push({ sign: ' ', text: before[x] ?? '' });
    }
    if (edits === 0) break;
    if (added) lines.push({ sign: '+', text: after[fromY] ?? '' });
    else lines.push({ sign: '-', text: before[fromX] ?? '' });
    x = fromX;
    y = fromY;
  }
  return lines.reverse();
}

/**
 * Keeps what changed with some lines around it.
 *
 * @param context lines kept before and after each change
 * @returns as `diffLines` gives them, `...` standing for what was left out
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
