import { describe, expect, it } from 'vitest';
import { diffLines, withContext } from './lines.ts';

const show = (before: string, after: string) =>
  diffLines(before.split(''), after.split(''))
    .map(({ sign, text }) => `${sign.trim()}${text}`)
    .join(' ');

describe('a difference of lines', () => {
  it.each([
    ['abc', 'abc', 'a b c'],
    ['abc', 'abxc', 'a b +x c'],
    ['abc', 'ac', 'a -b c'],
    ['abcabba', 'cbabac', '-a -b c +b a b -b a +c'],
    ['ab', 'xy', '-a -b +x +y'],
  ])('of %s and %s is the shortest', (before, after, expected) => expect(show(before, after)).toBe(expected));

  it('has both texts in it, whatever they are', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % below;
    };
    for (let round = 0; round < 200; round += 1) {
      const text = () => Array.from({ length: random(30) }, () => 'abcd'.charAt(random(4)));
      const [before, after] = [text(), text()];
      const lines = diffLines(before, after);
      const without = (sign: string) => lines.filter((line) => line.sign !== sign).map((line) => line.text);
      expect(without('+')).toEqual(before);
      expect(without('-')).toEqual(after);
    }
  });

  it('shows long texts that have nothing in common as one block out and one block in', () => {
    const lines = (mark: string) => Array.from({ length: 4000 }, (_, index) => `${mark}${index}`);
    const found = diffLines(lines('a'), lines('b'));
    expect(found.length).toBe(8000);
    expect(found[0]).toEqual({ sign: '-', text: 'a0' });
    expect(found[4000]).toEqual({ sign: '+', text: 'b0' });
  });

  it('keeps some lines around each change, and says where lines were skipped', () => {
    const before = Array.from({ length: 20 }, (_, index) => String(index));
    const after = before.map((line) => (line === '10' ? 'ten' : line));
    expect(withContext(diffLines(before, after), 1).map(({ sign, text }) => `${sign}${text}`)).toEqual([
      ' ...',
      ' 9',
      '-10',
      '+ten',
      ' 11',
      ' ...',
    ]);
  });
});
