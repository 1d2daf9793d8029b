import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { slug } from '../pages.mjs';

const version = JSON.parse(process.env.BREAKWATER_DOCS ?? '{"name":"main","links":[]}');

const pages = join(import.meta.dirname, '..', '.pages');
const title = (page) => /^# (.+)$/m.exec(readFileSync(join(pages, `${page}.md`), 'utf8'))?.[1];

/** The sidebar is the index page: its headings, and the pages linked below each, by their titles. */
function sidebar() {
  const index = readFileSync(join(pages, 'index.md'), 'utf8');
  return [...index.matchAll(/^## (.+)\n([\s\S]*?)(?=^## |$(?![\s\S]))/gm)].map(([, text, body]) => ({
    text,
    collapsed: text === 'Evidence',
    items: [...body.matchAll(/(?<!!)\[([^\]]+)\]\(\.\/([^)\s]+?)\.md(#[^)\s]*)?\)/g)].map(
      ([, name, page, anchor = '']) => ({
        text: (anchor === '' && title(page)) || name.replaceAll('`', ''),
        link: `/${page}${anchor}`,
      }),
    ),
  }));
}

export default defineConfig({
  title: 'Breakwater',
  description: 'A Kubeflow platform behind one TLS gateway and one login, run by Argo CD.',
  srcDir: '.pages',
  // The pages are plain Markdown, as GitHub shows them: "<name>" in them is text.
  markdown: {
    html: false,
    anchor: { slugify: slug },
    config: (md) => {
      // "{{" is text, too: Helm and Argo CD write it, and Vue would read it.
      const render = md.render.bind(md);
      md.render = (...args) => render(...args).replaceAll('{{', '&#123;&#123;');
      const fence = md.renderer.rules.fence;
      md.renderer.rules.fence = (tokens, index, ...rest) =>
        tokens[index].info.trim() === 'mermaid'
          ? `<Mermaid source="${encodeURIComponent(tokens[index].content)}" />`
          : fence(tokens, index, ...rest);
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: 'deep',
    sidebar: sidebar(),
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      {
        text: version.name,
        items: version.links.map((one) => ({ ...one, target: '_self', rel: '' })),
      },
      { text: 'Repository', link: version.repository ?? 'https://github.com/acme/breakwater' },
    ],
  },
});
