import { styleText } from 'node:util';

/**
 * Colours are for terminals. NO_COLOR (https://no-color.org) and FORCE_COLOR (https://force-color.org) decide where they are set.
 *
 * @param stream where the text goes
 * @returns true when it may be coloured
 */
export function hasColours(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): boolean {
  const { NO_COLOR = '', FORCE_COLOR = '', TERM } = env;
  if (NO_COLOR !== '') return false;
  return FORCE_COLOR === '' ? stream.isTTY === true && TERM !== 'dumb' : FORCE_COLOR !== '0';
}

/** Colours a text, or returns it as it is. */
type Paint = (format: Parameters<typeof styleText>[0], text: string) => string;

/** @returns what colours texts for a stream, if {@link hasColours} */
export function painter(stream: { isTTY?: boolean }): Paint {
  return hasColours(stream) ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text;
}
