/**
 * Finds the word that was probably intended.
 *
 * @param word the word as written
 * @param candidates the valid words
 * @returns the nearest candidate within a third of its letters (at least one), on a tie the one that starts with the
 *   word; undefined when none is near
 */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const written = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const allowed = Math.max(1, Math.floor(candidate.length / 3));
    if (Math.abs(candidate.length - written.length) > allowed) continue;
    const distance = editDistance(written, candidate.toLowerCase());
    const nearer =
      distance < bestDistance || (distance === bestDistance && candidate.toLowerCase().startsWith(written));
    if (distance <= allowed && nearer) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Number of letters to insert, drop, replace or swap (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let older: number[] = [];
  let old: number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = cell(old, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const best = Math.min(replaced, cell(old, j) + 1, cell(row, j - 1) + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(swapped ? Math.min(best, cell(older, j - 2) + 1) : best);
    }
    older = old;
    old = row;
  }
  return cell(old, b.length);
}

function cell(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
