import { parse, stringify } from 'yaml';

/**
 * Writes a map or a list as YAML for people: keys in the order given, nothing folded, no aliases, and everything quoted that
 * YAML 1.1 (kubectl, Helm) would read as something else than a text.
 *
 * The library spells each scalar that is not plainly a word, once for all clusters; only the indentation is ours, which makes
 * a tree several times faster to write.
 *
 * @returns the text, ending in a line end
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

/** A key stands on one line, whatever is in it. */
function name(key: string): string {
  return key.includes('\n') ? JSON.stringify(key) : spell(key);
}

/** True for what takes lines of its own. */
function isBlock(value: unknown): value is object {
  return typeof value === 'object' && value !== null && (Array.isArray(value) ? value : Object.keys(value)).length > 0;
}

/** A text of several lines goes below its key, two blanks further in. */
function scalar(value: unknown, indent: string): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[]' : '{}';
  return spell(value).replaceAll(/\n(?=.)/g, `\n${indent}`);
}

/** Words, paths and addresses that no reader takes for anything but text: most of what a tree holds. */
const plain = /^[A-Za-z/$][\w./:$-]*[A-Za-z0-9]$/;
const reserved = /^(y|n|yes|no|on|off|true|false|null)$/i;

const spelled = new Map<unknown, string>();

/** @returns a scalar as the library writes it, as the value of a key at the left edge */
function spell(value: unknown): string {
  if (typeof value === 'string' && plain.test(value) && !reserved.test(value)) return value;
  const known = spelled.get(value);
  if (known !== undefined) return known;
  const options = { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0, blockQuote: 'literal' } as const;
  const text = stringify({ k: value }, options);
  // What YAML 1.2 alone reads as a number (0o17) is quoted, too.
  const readsBack = typeof value !== 'string' || parse(text).k === value;
  const spelling = readsBack ? text.slice('k: '.length).replace(/\n$/, '') : JSON.stringify(value);
  spelled.set(value, spelling);
  return spelling;
}
