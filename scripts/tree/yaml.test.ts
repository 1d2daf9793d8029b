import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { toYaml } from './yaml.ts';

const header = '# Generated';

// What kubectl and Helm (YAML 1.1) or an editor (YAML 1.2) would take for a boolean, a number, a date, a comment or a map.
const texts = [
  ...['yes', 'no', 'on', 'off', 'y', 'n', 'Y', 'N', 'Yes', 'NO', 'true', 'False', 'null', 'Null', '~', ''],
  ...[
    '1.10',
    '012',
    '0o17',
    '0x1f',
    '1e3',
    '1_000',
    '.5',
    '-1',
    '+1',
    '190:20:30',
    '.inf',
    '.NaN',
    '2026-11-25',
    '0b1',
  ],
  ...[
    'a: b',
    'a #b',
    '#a',
    '- a',
    '*a',
    '&a',
    '!a',
    '@a',
    '`a`',
    '{a}',
    '[a]',
    '"a"',
    "'a'",
    '%a',
    '| a',
    '> a',
    '? a',
  ],
  ...[
    ' a',
    'a ',
    'a:',
    ':',
    '-',
    '=',
    '<<',
    'ä',
    'a\tb',
    'a\\b',
    '\u0085',
    '\u2028',
    '\u0000',
    'key=value, a/b.c:8080',
  ],
  ...['one\ntwo', 'one\ntwo\n', '\n\none\n\n', '  led\nby blanks', 'ends in blanks  \nhere', '# no comment\n'],
  'long '.repeat(100).trim(),
];

describe('generated YAML', () => {
  it.each(['1.1', '1.2'] as const)(
    'gives a reader of YAML %s every text as it was, as value, key and in lists',
    (version) => {
      for (const text of texts) {
        const value = { key: text, nested: { list: [text, [text]], ...(text === '<<' ? {} : { [text]: 1 }) } };
        expect(parse(toYaml(header, [value]), { version }), JSON.stringify(text)).toEqual(value);
      }
    },
  );

  it.each(['1.1', '1.2'] as const)(
    'keeps numbers, booleans, null and empty things for a reader of YAML %s',
    (version) => {
      const value = { a: 0, b: -1.5, c: true, d: false, e: null, f: [], g: {}, h: [[], {}], i: 8080, j: 1e21 };
      expect(parse(toYaml(header, [value]), { version })).toEqual(value);
    },
  );

  it('writes each line of random characters as the library does', () => {
    const alphabet = 'ab/$:-# *&!|>%@`"\'{}[],?.=~0189eonfxyNY_+<(^sTtZz\\';
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return Math.floor((seed / 2147483648) * below);
    };
    const lines = Array.from({ length: 3000 }, () =>
      Array.from({ length: 1 + random(7) }, () => alphabet[random(alphabet.length)]).join(''),
    );
    const different = lines.filter((line) => {
      const written = toYaml(header, [{ key: line }]);
      const byLibrary = stringify({ key: line }, { version: '1.1', lineWidth: 0 });
      const read = (version: '1.1' | '1.2') => parse(written, { version }).key;
      // What the library writes is not always what a reader of YAML 1.2 reads back (0o17).
      const same = written === `${header}\n${byLibrary}` || parse(byLibrary).key !== line;
      return !same || read('1.1') !== line || read('1.2') !== line;
    });
    expect(different).toEqual([]);
  });

  it('writes an object that stands in two places twice, without an alias', () => {
    const shared = { app: 'dex' };
    const text = toYaml(header, [{ labels: shared, selector: shared }]);
    expect(text).toBe('# Generated\nlabels:\n  app: dex\nselector:\n  app: dex\n');
  });

  it('folds no line, however long', () => {
    const long = 'word '.repeat(60).trim();
    expect(toYaml(header, [{ a: long, b: 1 }]).split('\n')).toEqual([header, `a: ${long}`, 'b: 1', '']);
  });

  it('leaves out what is undefined, and keeps the order of keys', () => {
    expect(toYaml(header, [{ z: 1, gone: undefined, a: 2 }])).toBe('# Generated\nz: 1\na: 2\n');
  });

  it('puts each object into a document of its own', () => {
    const documents = parseAllDocuments(toYaml(header, [{ a: 1 }, { b: 'x\n' }, { c: 3 }]));
    expect(documents.map((document) => document.toJS())).toEqual([{ a: 1 }, { b: 'x\n' }, { c: 3 }]);
  });
});
