import { LineCounter, parseDocument } from 'yaml';
import { formatPath } from '../../config/paths.ts';
import { locate } from '../../config/positions.ts';
import type { ParsedTree } from './parsed-tree.ts';
import type { Finding } from './rule.ts';

/** @returns the finding with its line and column, if it has the keys of its value */
export function placed(tree: ParsedTree, { keys, ...finding }: Finding): Finding {
  const text = tree.files.get(finding.file)?.text;
  if (keys === undefined || text === undefined) return finding;
  const lines = new LineCounter();
  const document = parseDocument(text, { version: '1.1', lineCounter: lines });
  const { line, col } = lines.linePos(locate({ document }, keys).key);
  return { ...finding, path: formatPath(keys), line, column: col };
}
