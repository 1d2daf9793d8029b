import { isAlias, isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';
import type { Problem } from '../report/errors.ts';
import type { InputDocument } from './document.ts';
import { formatPath, type KeyPath } from './paths.ts';

/** What is wrong with the value (or the key) at a path. */
export interface Finding {
  path: KeyPath;
  /** Whether to point at the key or at its value. */
  at: 'key' | 'value';
  message: string;
  /** Of what it clashes with in the same file: its place is told behind the message. */
  other?: KeyPath | undefined;
  hint?: string | undefined;
}

/** Where a path leads in a document. */
export interface Spot {
  /** False when the path ends in a key or an item that is not there. */
  exists: boolean;
  /** Offset of the key (or list item); of the parent's when it is not there. */
  key: number;
  /** Offset of the value; as `key` when there is none. */
  value: number;
  /** The value as it was written, for plain scalars. */
  source: string | undefined;
}

/**
 * Follows a path through the nodes of a document. Aliases are followed, but what an alias itself stands for is at the alias.
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
    // The value of "key:" with nothing behind it has no place of its own.
    const written = node?.range !== undefined && node?.range !== null && node.range[0] < node.range[1];
    spot = { exists: true, key, value: written ? (node?.range?.[0] ?? key) : key, source: sourceOf(node) };
  }
  return spot;
}

/**
 * Gives findings their places.
 *
 * @returns problems in the order of the file
 */
export function place(input: InputDocument, findings: readonly Finding[]): Problem[] {
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

function otherPlace(input: InputDocument, { other }: Finding): string {
  if (other === undefined) return '';
  const { line, col } = input.lines.linePos(locate(input, other).value);
  return ` (the other is at ${line}:${col})`;
}

/** Messages may quote what was written, however long it is. */
function shortened(text: string): string {
  return text.length > 500 ? `${text.slice(0, 497)}…` : text;
}

function step(node: Node | null | undefined, part: PropertyKey): { key: Node; value: Node | null } | undefined {
  if (isMap<Node, Node | null>(node)) {
    // As in the parsed value, the last one wins among repeated keys.
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
