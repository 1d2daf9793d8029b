import type { HeaderLine } from '../answer.ts';

/** Ways to write one header so that a check that looks for the plain one may overlook it. */
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
