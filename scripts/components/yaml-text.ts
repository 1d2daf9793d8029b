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

/** A map or a list in block style; lines after the first are indented. Adds to one string: lists of lines would take twice as long. */
function block(value: object, indent: string): string {
  const inner = `${indent}  `;
  const next = `\n${indent}`;
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value) {
      text += `${text === '' ? '' : next}- ${isBlock(item) ? block(item, inner) : scalar(item, indent)}`;
    }
    return text === '' ? '[]' : text;
  }
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    if (item === undefined) continue;
    if (text !== '') text += next;
    text += isBlock(item) ? `${name(key)}:\n${inner}${block(item, inner)}` : `${name(key)}: ${scalar(item, indent)}`;
  }
  return text === '' ? '{}' : text;
}

/** Writes a key, always on one line. */
function name(key: string): string {
  return key.includes('\n') ? JSON.stringify(key) : spell(key);
}

/** True for non-empty maps and lists, which need their own lines. */
function isBlock(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
  for (const key in value) if (Object.hasOwn(value, key)) return true;
  return false;
}

/** Writes a scalar; a multi-line string goes under its key, indented by two spaces. */
function scalar(value: unknown, indent: string): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[]' : '{}';
  const text = spell(value);
  return text.includes('\n') ? text.replaceAll(/\n(?=.)/g, `\n${indent}`) : text;
}

/**
 * Printable ASCII that every parser reads as a string, without ": " or " #": most of a tree. What begins with a digit has a letter
 * that is in no number and no date.
 */
const plain = /^(?:[A-Za-z/$(^_]|\d(?=.*[ghj-mp-su-wy]))(?:(?:[!-9;-~]|:(?! )| (?!#))*[!-,./-9;-~])?$/;
/** Printable ASCII that is never plain: whole numbers, and what begins with a sign of YAML's. */
const quoted = /^(?:-?\d+|[!"#%&'*,>@[\]`{|}][ -~]*)$/;
/** What the library may write so that it reads back as another value: numbers of YAML 1.2 only, blank lines. */
const risky = /^[-+.]*(\d|inf$|nan$)|\n/i;
const reserved = /^(y|n|yes|no|on|off|true|false|null|e[-+]?\d+)$/i;

/** Printable lines without blanks at their ends, as scripts and pages are: a literal block holds them as they are. */
function isPlainBlock(text: string): boolean {
  return /^[!-~][ -~\u00a1-\u2027\u202a-\ud7ff\n]*$/.test(text) && !/ \n| $|\n\n$/.test(text);
}

const spelled = new Map<unknown, string>();

/** @returns a scalar in the library's format, as the value of an unindented key; remembered, since clusters share most of theirs */
function spell(value: unknown): string {
  const known = spelled.get(value);
  if (known !== undefined) return known;
  const spelling = typeof value === 'string' ? spellText(value) : spellByLibrary(value);
  spelled.set(value, spelling);
  return spelling;
}

function spellText(value: string): string {
  if (plain.test(value) && !reserved.test(value)) return value;
  if (quoted.test(value)) return value.includes('"') && !value.includes("'") ? `'${value}'` : JSON.stringify(value);
  if (value.includes('\n') && isPlainBlock(value))
    return `|${value.endsWith('\n') ? '' : '-'}\n${value.replace(/\n$/, '').replaceAll(/^(?=.)/gm, '  ')}`;
  return spellByLibrary(value);
}

function spellByLibrary(value: unknown): string {
  const options = { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0, blockQuote: 'literal' } as const;
  const text = stringify({ k: value }, options);
  const readsBack = typeof value !== 'string' || !risky.test(value) || parse(text).k === value;
  return readsBack ? text.slice('k: '.length).replace(/\n$/, '') : JSON.stringify(value);
}
