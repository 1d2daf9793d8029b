import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchors, codeBlocks, markdownFiles, prose, readMarkdown } from './markdown.ts';
import { checkout } from './repository.ts';

const files = markdownFiles();
const pages = files.filter((file) => file.startsWith('docs/'));
const evidence = pages.filter((file) => file.startsWith('docs/evidence/'));

/** What `[text](target)` and `![text](target)` lead to, but for the web. */
function targets(file: string): string[] {
  const links = [...prose(readMarkdown(file)).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  return links.filter((target) => !/^(https?|mailto):/.test(target));
}

describe('the links of each page', () => {
  it.each(files)('%s: lead to files and headings that are there', (file) => {
    for (const target of targets(file)) {
      const [path = '', anchor] = target.split('#');
      const to = path === '' ? file : normalize(join(dirname(file), path));
      expect(existsSync(join(checkout, to)), `${file}: ${target}`).toBe(true);
      if (anchor !== undefined && to.endsWith('.md'))
        expect([...anchors(readMarkdown(to))], `${file}: ${target}`).toContain(anchor);
    }
  });

  it('lead from the index to every page', () => {
    const linked = targets('docs/README.md').map((target) => normalize(join('docs', target.replace(/#.*/, ''))));
    expect(pages.filter((file) => !linked.includes(file) && file !== 'docs/README.md')).toEqual([]);
  });
});

describe('evidence of dated runs', () => {
  it('is in docs/evidence/ only', () => {
    const dated = pages
      .filter((file) => !evidence.includes(file))
      .flatMap((file) =>
        readMarkdown(file)
          .split('\n')
          .filter((line) => /\b20\d\d-\d\d-\d\d\b|\bseen (live|on a)\b/i.test(line))
          .map((line) => `${file}: ${line.slice(0, 100)}`),
      );
    expect(dated).toEqual([]);
  });

  it.each(evidence)('%s: is linked from one page, once', (file) => {
    const others = pages.filter((page) => page !== 'docs/README.md' && !evidence.includes(page));
    const links = others.flatMap((page) =>
      targets(page).filter((target) => normalize(join(dirname(page), target)) === file),
    );
    expect(links).toHaveLength(1);
  });
});

describe('examples in YAML', () => {
  it('name the file that they belong in, so that docs-examples.program.test.ts can try them', () => {
    const unnamed = [...pages, 'README.md']
      .flatMap(codeBlocks)
      .filter(({ language, text }) => /^ya?ml$/.test(language) && !/^# [\w.*/-]+\.ya?ml\b/.test(text))
      .map(({ file, line }) => `${file}:${line}`);
    expect(unnamed).toEqual([]);
  });
});
