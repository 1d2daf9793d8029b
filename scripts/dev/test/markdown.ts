import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './repository.ts';

/** The Markdown files that people read, relative to the checkout, in Git's order; new ones count before they are added. */
export function markdownFiles(): string[] {
  const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate', '*.md'];
  return execFileSync('git', listed, { cwd: checkout, encoding: 'utf8' })
    .split('\0')
    .filter((file) => file !== '' && !file.startsWith('scripts/dev/fixtures/'));
}

export function readMarkdown(file: string): string {
  return readFileSync(join(checkout, file), 'utf8');
}

/** A fenced block of code. */
export interface CodeBlock {
  file: string;
  /** Line of the opening fence, from 1. */
  line: number;
  /** What follows the opening fence: `yaml`, `sh` … */
  language: string;
  text: string;
}

/** @returns the fenced blocks of a Markdown file, in order */
export function codeBlocks(file: string): CodeBlock[] {
  const text = readMarkdown(file);
  return [...text.matchAll(/^```([a-z0-9]*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    file,
    line: text.slice(0, match.index).split('\n').length,
    language: match[1] ?? '',
    text: match[2] ?? '',
  }));
}

/** @returns a Markdown text without its fenced blocks and code spans, in which nothing is a link or a heading */
export function prose(text: string): string {
  return text
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, (span) => span.replaceAll(/[[\]()#]/g, ' '));
}

/**
 * The anchors of a Markdown file, as GitHub makes them of its headings: lower case, without punctuation, blanks as "-", and a number
 * behind a heading that is there already.
 */
export function anchors(text: string): Set<string> {
  const seen = new Map<string, number>();
  const all = new Set<string>();
  for (const [, heading = ''] of text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    all.add(before === 0 ? slug : `${slug}-${before}`);
  }
  return all;
}
