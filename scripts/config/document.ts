import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type Scalar,
  type YAMLError,
} from 'yaml';
import type { Problem } from '../report/errors.ts';
import { formatPath, type KeyPath, mostProblems } from './paths.ts';

/** Maximum nesting. No config of ours is half as deep. */
const deepest = 100;
/** Maximum number of nodes with aliases expanded. More is an attack or an accident. */
const mostNodes = 100_000;
/** Maximum number of syntax errors to report. The rest is noise. */
const mostSyntaxErrors = 10;

/** A YAML document, with the means to locate positions in it. */
export interface InputDocument {
  file: string;
  document: Document;
  lines: LineCounter;
  /** The whole text, to quote values as written. */
  text: string;
  value: unknown;
}

/** Result of parsing YAML. `input` is absent when the text is not usable YAML. */
export interface ParsedDocument {
  input: InputDocument | undefined;
  problems: readonly Problem[];
}

/**
 * Parses text as a single YAML 1.2 document of plain data.
 *
 * @param text the file's text
 * @param file path for problems
 * @param emptyHint hint for an empty file
 */
export function parseDocument(text: string, file: string, emptyHint?: string): ParsedDocument {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    // Excerpts in messages would show secrets, and on deep nesting they crash the process.
    prettyErrors: false,
    // Found below, where the position of the first key is known, too.
    uniqueKeys: false,
    resolveKnownTags: false,
    logLevel: 'silent',
  });
  const at = (offset: number, message: string, hint?: string, path: KeyPath = []): Problem => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col, path: formatPath(path), message, ...(hint === undefined ? {} : { hint }) };
  };
  if (!Array.isArray(documents) || documents.length === 0)
    return { input: undefined, problems: [emptyFile(file, emptyHint)] };
  const syntax = documents.flatMap((document) => [...document.errors, ...document.warnings]);
  if (syntax.length > 0) return { input: undefined, problems: syntaxProblems(syntax, at) };
  const [document, second] = documents;
  if (document === undefined) return { input: undefined, problems: [emptyFile(file, emptyHint)] };
  if (second !== undefined) {
    const problem = at(
      second.range?.[0] ?? 0,
      'a second document starts here',
      'Keep one document in the file: remove "---".',
    );
    return { input: undefined, problems: [problem] };
  }
  if (document.directives?.yaml.version !== '1.2')
    return { input: undefined, problems: [at(0, 'must be YAML 1.2', 'Remove the line %YAML.')] };
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null))
    return { input: undefined, problems: [emptyFile(file, emptyHint)] };
  const walk = new Walk(lines, at);
  walk.node(document.contents, [], []);
  if (walk.unusable) return { input: undefined, problems: walk.problems.slice(-mostProblems) };
  const value: unknown = document.toJS({ maxAliasCount: -1 });
  return { input: { file, document, lines, text, value }, problems: walk.problems };
}

type At = (offset: number, message: string, hint?: string, path?: KeyPath) => Problem;

function emptyFile(file: string, hint: string | undefined): Problem {
  return { file, line: 1, column: 1, path: '', message: 'is empty', ...(hint === undefined ? {} : { hint }) };
}

function syntaxProblems(errors: readonly YAMLError[], at: At): Problem[] {
  const deep = errors.find((error) => error.code === 'RESOURCE_EXHAUSTION');
  // The column is where the parser's stack overflowed, which differs between machines.
  if (deep !== undefined) return [{ ...at(deep.pos[0], 'is nested too deeply'), column: 1 }];
  return errors.slice(0, mostSyntaxErrors).map((error) => {
    const [message, hint] = syntaxWords(error);
    return at(error.pos[0], message, hint);
  });
}

function syntaxWords(error: YAMLError): [message: string, hint?: string] {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return ['is indented with a tab: use spaces', 'Use spaces.'];
    case 'BAD_SCALAR_START':
      return ['a plain string must not start with this character', 'Put the string in quotes.'];
    case 'BLOCK_AS_IMPLICIT_KEY':
      return ['a second ": " in one line, or a line indented too far', 'Put a string that contains ": " in quotes.'];
    case 'MULTILINE_IMPLICIT_KEY':
      return ['a key and its ":" must be on one line', 'Is a ":" missing, or is the indentation wrong?'];
    case 'TAG_RESOLVE_FAILED':
      return ['has a tag that is not supported', 'Write the value without "!".'];
    case 'BAD_DQ_ESCAPE':
      return [
        'has an unknown escape sequence in double quotes',
        "Write \\\\ for a backslash, or use single quotes: '…'.",
      ];
    default:
      return [`is not valid YAML: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`];
  }
}

/** Finds YAML features that we do not accept. */
class Walk {
  readonly problems: Problem[] = [];
  /** True when the value could not be computed safely. */
  unusable = false;
  readonly #sizes = new Map<Node, number>();
  readonly #anchors = new Map<string, Node>();

  readonly lines: LineCounter;
  readonly at: At;

  constructor(lines: LineCounter, at: At) {
    this.lines = lines;
    this.at = at;
  }

  /** @returns the number of nodes with aliases expanded */
  node(node: Node | null, path: KeyPath, above: readonly Node[]): number {
    if (node === null || this.unusable) return 1;
    if (path.length > deepest) return this.#refuse(node, 'is nested too deeply', undefined, path.slice(0, 8));
    if (!isAlias(node) && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    let size = 1;
    if (isAlias(node)) size = this.#alias(node, path, above);
    if (isSeq<Node | null>(node)) {
      for (const [index, item] of node.items.entries()) size += this.node(item, [...path, index], [...above, node]);
    }
    if (isMap<Node, Node | null>(node)) size += this.#map(node.items, path, [...above, node]);
    this.#sizes.set(node, size);
    if (size > mostNodes)
      return this.#refuse(node, `has too many values: more than ${mostNodes} with aliases expanded`, undefined, path);
    return size;
  }

  #map(pairs: readonly Pair<Node, Node | null>[], path: KeyPath, above: readonly Node[]): number {
    const first = new Map<string, Node>();
    let size = 0;
    for (const { key, value } of pairs) {
      const name = this.#key(key, path);
      if (name === undefined) continue;
      const earlier = first.get(name);
      if (earlier === undefined) first.set(name, key);
      else this.problems.push(this.#twice(key, earlier, [...path, name]));
      size += this.node(value, [...path, name], above);
    }
    return size;
  }

  /** @returns the key's text; undefined, with a problem reported, when it is not a plain string */
  #key(key: Node, path: KeyPath): string | undefined {
    if (!isScalar(key)) {
      this.#refuse(key, 'a key must be a plain string', 'Put a string that starts with "{" or "[" in quotes.', path);
      return undefined;
    }
    if (key.anchor !== undefined) this.#anchors.set(key.anchor, key);
    if (key.value === '<<' && key.type === 'PLAIN') {
      this.#refuse(
        key,
        'merge keys ("<<") are not supported',
        'Repeat the keys. Anchors for whole values (&x, *x) work.',
        path,
      );
      return undefined;
    }
    if (typeof key.value !== 'string') {
      const written = key.source ?? '';
      const hint = written === '' ? 'Put a key before the ":".' : `Quote it: "${written}"`;
      this.problems.push(this.at(key.range?.[0] ?? 0, `the key must be a string, but is ${kindOf(key)}`, hint, path));
    }
    return String(key.value);
  }

  #alias(node: Alias, path: KeyPath, above: readonly Node[]): number {
    const source = this.#anchors.get(node.source);
    if (source === undefined)
      return this.#refuse(
        node,
        `the alias *${node.source} has no anchor before it`,
        `Quote the text: "*${node.source}"`,
        path,
      );
    if (above.includes(source))
      return this.#refuse(node, `the anchor &${node.source} contains itself`, 'Write the value out.', path);
    return this.#sizes.get(source) ?? 1;
  }

  #twice(key: Node, earlier: Node, path: KeyPath): Problem {
    const { line } = this.lines.linePos(earlier.range?.[0] ?? 0);
    return this.at(key.range?.[0] ?? 0, `is defined twice, first on line ${line}`, 'Keep one of them.', path);
  }

  #refuse(node: Node, message: string, hint: string | undefined, path: KeyPath): number {
    this.unusable = true;
    this.problems.push(this.at(node.range?.[0] ?? 0, message, hint, path));
    return 1;
  }
}

function kindOf(key: Scalar): string {
  if (key.value === null) return 'empty';
  return typeof key.value === 'number' ? 'a number' : `${key.source}`;
}
