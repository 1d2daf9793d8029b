import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseClusterFile } from './parse.ts';
import { decodeInput, largestInput } from './read-input.ts';

const good = 'name: x\nauth: {users: [{email: user@example.com}]}\n';
const fixtures = join(import.meta.dirname, '../dev/fixtures');

function problemsOf(text: string) {
  const parsed = parseClusterFile(text, 'clusters/x/cluster.yaml', 'x');
  return 'problems' in parsed ? parsed.problems : [];
}

describe('the bytes of an input', () => {
  const decode = (bytes: Uint8Array) => decodeInput(bytes, 'cluster.yaml');

  it('may begin with a byte order mark', () => {
    expect(decode(Buffer.from(`\ufeff${good}`))).toEqual({ text: good });
  });

  it('must be UTF-8', () => {
    expect(decode(Buffer.from([0x6e, 0x61, 0xff, 0xfe]))).toMatchObject({
      problems: [{ message: 'is not UTF-8 text' }],
    });
    expect(decode(Buffer.from(good, 'utf16le'))).toHaveProperty('problems');
  });

  it('must not contain a NUL byte, and the message says where it is', () => {
    const problem = { line: 2, column: 7, message: 'contains the control character U+0000' };
    expect(decode(Buffer.from('name: x\nhost: \u0000\n'))).toMatchObject({ problems: [problem] });
  });

  it('are refused unread when there are 10 MB of them', () => {
    const message = `is too large: 10000000 bytes, and the limit is ${largestInput}`;
    expect(decode(Buffer.alloc(10_000_000, '#'))).toMatchObject({ problems: [{ message }] });
  });
});

describe('a cluster.yaml', () => {
  it('may have the line ends of Windows, and positions stay right', () => {
    expect(problemsOf(good.replaceAll('\n', '\r\n'))).toEqual([]);
    const windows = `${good}host: KF.example.com\nhots: x\n`.replaceAll('\n', '\r\n');
    expect(problemsOf(windows)).toMatchObject([
      { line: 3, column: 7, path: 'host' },
      { line: 4, column: 1, path: 'hots' },
    ]);
  });

  it('gets its defaults', () => {
    expect(parseClusterFile(good, 'cluster.yaml', 'x')).toMatchObject({
      value: { host: 'auto', git: { branch: 'main' }, tls: { duration: '2160h', renewBefore: '360h' } },
    });
  });

  it('tells all mistakes in the order of the file', () => {
    const text = readFileSync(join(fixtures, 'invalid/many-mistakes-at-once.yaml'), 'utf8');
    const places = problemsOf(text).map(({ line = 0, column = 0 }) => line * 1000 + column);
    expect(places.length).toBeGreaterThan(10);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('does not let one mistake hide a rule about other fields', () => {
    const text =
      'name: 5\nauth:\n  users: [{email: a@example.com}]\n  session: {lifetime: 1h, refresh: 2h, stroe: x}\n';
    expect(problemsOf(text).map(({ path }) => path)).toEqual(['name', 'auth.session.refresh', 'auth.session.stroe']);
  });

  it('concludes nothing from a field that is wrong in itself', () => {
    const text = 'name: x\nauth:\n  users: 5\n  session: {lifetime: soon, refresh: 200h}\n';
    expect(problemsOf(text).map(({ path }) => path)).toEqual(['auth.users', 'auth.session.lifetime']);
  });

  it('with more mistakes than anybody reads is answered with the first of them', () => {
    const unknown = Array.from({ length: 5_000 }, (_, index) => `key${index}: x\n`).join('');
    const users = '{email: a},'.repeat(2_000);
    expect(problemsOf(`${good}${unknown}`)).toHaveLength(500);
    expect(problemsOf(`name: x\nauth: {users: [${users}]}\n`)).toHaveLength(500);
  });

  it('does not conclude anything from a field that is misspelt', () => {
    const text = 'name: x\nauth:\n  uesrs: [{email: a@example.com}]\n  session: {lifetmie: 300h, refresh: 200h}\n';
    expect(problemsOf(text).map(({ path }) => path)).toEqual(['auth.uesrs', 'auth.session.lifetmie']);
  });
});

describe('whatever is done to a good cluster.yaml', () => {
  const texts = readdirSync(join(fixtures, 'valid')).map((name) => readFileSync(join(fixtures, 'valid', name), 'utf8'));
  const nonsense = /<no words>|undefined|Invalid|\[object|has the wrong form|no such key/;
  const scraps = [
    '',
    ':',
    '- ',
    '\t',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '&a ',
    '*a',
    '!!set ',
    '---\n',
    '~',
    '#',
    '<<: ',
    '? ',
    '| ',
    '\u2028',
  ];

  it('is taken, or refused with problems that lie inside the file', () => {
    const random = randomNumbers(20261125);
    const pick = (count: number): number => Math.floor(random() * count);
    for (let round = 0; round < 800; round++) {
      let text = texts[round % texts.length] ?? '';
      for (let change = 0; change <= pick(3); change++) {
        const at = pick(text.length);
        text = text.slice(0, at) + (scraps[pick(scraps.length)] ?? '') + text.slice(at + pick(12));
      }
      const lines = text.split('\n').length;
      for (const problem of problemsOf(text)) {
        expect(problem.message, text).not.toMatch(nonsense);
        expect(problem.line, text).toBeGreaterThan(0);
        expect(problem.line, text).toBeLessThanOrEqual(lines);
        expect(problem.column, text).toBeGreaterThan(0);
      }
    }
  });

  it('is refused with a readable message for every kind of value in every field', () => {
    const values = ['5', 'true', '~', 'text', '[5]', '{a: b}', '.nan'];
    for (const text of texts) {
      for (const match of text.matchAll(/(?<=[:[,-] )[^\s,[\]{}]+|(?<=: )[[{].*$/gm)) {
        for (const value of values) {
          const changed = text.slice(0, match.index) + value + text.slice(match.index + match[0].length);
          for (const { message, hint } of problemsOf(changed))
            expect(`${message} ${hint ?? ''}`, changed).not.toMatch(nonsense);
        }
      }
    }
  });
});

/** A small generator of numbers from 0 to 1 (mulberry32), so that a failure can be had again. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
