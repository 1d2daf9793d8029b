import type { HeaderLine } from '../answer.ts';

/** Spellings of a header that a filter for the plain one may miss. */
export const spellings: readonly { id: string; words: string; write(name: string, value: string): HeaderLine[] }[] = [
  { id: 'plain', words: 'in lower case', write: (name, value) => [[name, value]] },
  { id: 'upper', words: 'in upper case', write: (name, value) => [[name.toUpperCase(), value]] },
  {
    id: 'doubled',
    words: 'twice, in two cases',
    write: (name, value) => [
      [titled(name), value],
      [name, `${value}.second`],
    ],
  },
  { id: 'underscores', words: 'with underscores', write: (name, value) => [[name.replaceAll('-', '_'), value]] },
];

function titled(name: string): string {
  return name.replaceAll(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
