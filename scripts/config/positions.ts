import { isAlias, isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';
import type { Problem } from '../report/errors.ts';
import type { InputDocument } from './document.ts';
import { formatPath, type KeyPath } from './paths.ts';

/** A problem with the value (or the key) at a path. */
export interface InputFinding {
  path: KeyPath;
  /** Whether to point at the key or at its value. */
  at: 'key' | 'value';
  message: string;
  /** Path of the conflicting entry in the same file; the message ends with its position. */
  other?: KeyPath | undefined;
  hint?: string | undefined;
}

/** Position of a path in a document. */
export interface Spot {
  /** False when the key or item does not exist. */
  exists: boolean;
  /** Offset of the key (or list item); if absent, of the parent's. */
  key: number;
  /** Offset of the value; if absent, equal to `key`. */
  value: number;
  /** The value as written, for plain scalars. */
  source: string | undefined;
}

/**
 * Follows a path through the nodes of a document, and through aliases. The value of an alias is located at the alias.
 *
 * @param input a document
 * @param path keys and list indexes
 */
export function locate(input: Pick<InputDocument, 'document'>, path: KeyPath): Spot {
  let node: Node | null = input.document.contents;
  const start = node?.range?.[0] ?? 0;
  let spot: Spot = { exists: true, key: start, value: start, source: sourceOf(node) };
  for (const part of path) {
    const inside: Node | null | undefined = isAlias(node) ? node.resolve(input.document) : node;
    const next = step(inside, part);
    if (next === undefined) return { ...spot, exists: false, value: spot.key, source: undefined };
    node = next.value;
    const key = next.key.range?.[0] ?? spot.key;
    // The empty value of "key:" has no position of its own.
    const written = node?.range !== undefined && node?.range !== null && node.range[0] < node.range[1];
    spot = { exists: true, key, value: written ? (node?.range?.[0] ?? key) : key, source: sourceOf(node) };
  }
  return spot;
}

/**
 * Adds file, line and column to findings.
 *
 * @returns problems in the order of the file
 */
export function withPositions(input: InputDocument, findings: readonly InputFinding[]): Problem[] {
  return findings
    .map((finding) => {
      const spot = locate(input, finding.path);
      return { finding, offset: finding.at === 'key' ? spot.key : spot.value };
    })
    .sort((a, b) => a.offset - b.offset)
    .map(({ finding, offset }) => {
      const { line, col } = input.lines.linePos(offset);
      return {
        file: input.file,
        line,
        column: col,
        path: formatPath(finding.path),
        message: shortened(finding.message) + otherPlace(input, finding),
        ...(finding.hint === undefined ? {} : { hint: shortened(finding.hint) }),
      };
    });
}

function otherPlace(input: InputDocument, { other }: InputFinding): string {
  if (other === undefined) return '';
  const { line, col } = input.lines.linePos(locate(input, other).value);
  return ` (the other is at ${line}:${col})`;
}

/** Messages can quote input of any length, so shorten it. */
function shortened(text: string): string {
  return text.length > 500 ? `${text.slice(0, 497)}…` : text;
}

function step(node: Node | null | undefined, part: PropertyKey): { key: Node; value: Node | null } | undefined {
  if (isMap<Node, Node | null>(node)) {
    // As in the parsed value, the last of repeated keys wins.
    const pair: Pair<Node, Node | null> | undefined = node.items.findLast(
      ({ key }) => isScalar(key) && String(key.value) === String(part),
    );
    return pair === undefined ? undefined : { key: pair.key, value: pair.value };
  }
  if (isSeq<Node>(node) && typeof part === 'number') {
    const item = node.items[part];
    return item === undefined ? undefined : { key: item, value: item };
  }
  return undefined;
}

function sourceOf(node: Node | null): string | undefined {
  return isScalar(node) && node.type === 'PLAIN' ? node.source : undefined;
}
