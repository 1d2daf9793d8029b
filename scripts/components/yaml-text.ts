import { parse, stringify } from 'yaml';

/**
 * Writes a map or a list as readable YAML: keys in the given order, no folding, no aliases, and quotes around everything that
 * YAML 1.1 (kubectl, Helm) would not read as a string.
 *
 * The library formats each scalar that is not a plain word, once for all clusters; we only indent, which makes
 * writing a tree several times faster.
 *
 * @returns the text, with a final newline
 */
export function yamlText(value: object): string {
  return `${block(value, '')}\n`;
}

/** A map or a list in block style; lines after the first are indented. */
function block(value: object, indent: string): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return value.map((item) => `- ${isBlock(item) ? block(item, inner) : scalar(item, indent)}`).join(`\n${indent}`);
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (entries.length === 0) return '{}';
  return entries
    .map(([key, item]) =>
      isBlock(item) ? `${name(key)}:\n${inner}${block(item, inner)}` : `${name(key)}: ${scalar(item, indent)}`,
    )
    .join(`\n${indent}`);
}

/** Writes a key, always on one line. */
function name(key: string): string {
  return key.includes('\n') ? JSON.stringify(key) : spell(key);
}

/** True for non-empty maps and lists, which need their own lines. */
function isBlock(value: unknown): value is object {
  return typeof value === 'object' && value !== null && (Array.isArray(value) ? value : Object.keys(value)).length > 0;
}

/** Writes a scalar; a multi-line string goes under its key, indented by two spaces. */
function scalar(value: unknown, indent: string): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[]' : '{}';
  return spell(value).replaceAll(/\n(?=.)/g, `\n${indent}`);
}

/** Words, paths and addresses that every parser reads as strings: most of a tree. */
const plain = /^[A-Za-z/$][\w./:$-]*[A-Za-z0-9]$/;
const reserved = /^(y|n|yes|no|on|off|true|false|null)$/i;

/** Lines of ASCII without blanks at their ends, as scripts and patches are: a literal block holds them as they are. */
function isPlainBlock(text: string): boolean {
  return /^[!-~][ -~\n]*$/.test(text) && !/ \n| $|\n\n$/.test(text);
}

const spelled = new Map<unknown, string>();

/** @returns a scalar in the library's format, as the value of an unindented key */
function spell(value: unknown): string {
  if (typeof value === 'string' && plain.test(value) && !reserved.test(value)) return value;
  const known = spelled.get(value);
  if (known !== undefined) return known;
  if (typeof value === 'string' && value.includes('\n') && isPlainBlock(value))
    return `|${value.endsWith('\n') ? '' : '-'}\n${value.replace(/\n$/, '').replaceAll(/^(?=.)/gm, '  ')}`;
  const options = { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0, blockQuote: 'literal' } as const;
  const text = stringify({ k: value }, options);
  // Numbers that only YAML 1.2 knows (0o17) are quoted, too.
  const readsBack = typeof value !== 'string' || parse(text).k === value;
  const spelling = readsBack ? text.slice('k: '.length).replace(/\n$/, '') : JSON.stringify(value);
  spelled.set(value, spelling);
  return spelling;
}
