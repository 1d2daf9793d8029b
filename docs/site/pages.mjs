import { posix } from 'node:path';

/** Pages outside docs/ that docs/ links to, and where they are on the site. */
const others = new Map([
  ['README.md', 'readme.md'],
  ['CHANGELOG.md', 'changelog.md'],
  ['CONTRIBUTING.md', 'contributing.md'],
  ['SECURITY.md', 'security-policy.md'],
]);

/** @returns where a file of the repository is on the site; undefined if it is not on it */
export function pageOf(file) {
  if (others.has(file)) return others.get(file);
  if (!file.startsWith('docs/') || file.startsWith('docs/site/')) return undefined;
  if (file === 'docs/README.md') return 'index.md';
  return /\.(md|png)$/.test(file) ? file.slice('docs/'.length) : undefined;
}

/**
 * Rewrites the links of a Markdown file for the site: to other pages, and to the Git host for everything else.
 *
 * @param file in the repository
 * @param browse address of the repository's files at this version, as https://github.com/acme/breakwater/blob/main
 */
export function pageText(file, text, browse) {
  const here = posix.dirname(pageOf(file));
  // Code is skipped: nothing in it is a link.
  return text.replaceAll(/^```[\s\S]*?^```$|`[^`\n]*`|\]\(([^)\s]+)\)/gm, (all, target) => {
    if (target === undefined || /^[a-z]+:|^#/.test(target)) return all;
    const [path = '', anchor] = target.split('#');
    const to = posix.join(posix.dirname(file), path).replace(/\/$/, '');
    const page = pageOf(to);
    if (page === undefined) return `](${browse}/${to})`;
    const relative = posix.relative(here, page);
    return `](${relative.startsWith('.') ? relative : `./${relative}`}${anchor === undefined ? '' : `#${anchor}`})`;
  });
}

/** @returns the anchor of a heading as GitHub makes it; the links of docs/ are written for it */
export function slug(heading) {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** @returns the links between built pages that lead nowhere, by file: what VitePress does not check are the anchors */
export function deadLinks(pages, base) {
  const ids = new Map(
    [...pages].map(([path, html]) => [path, new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]),
  );
  return [...pages].flatMap(([path, html]) =>
    [...html.matchAll(/<a [^>]*?href="([^"]+)"/g)].flatMap(([, href]) => {
      const url = new URL(href.replaceAll('&amp;', '&'), `https://site.invalid${base}${path}`);
      if (url.host !== 'site.invalid' || !url.pathname.startsWith(base)) return [];
      const to = url.pathname.slice(base.length).replace(/(^|\/)$/, '$1index.html');
      const anchor = decodeURIComponent(url.hash.slice(1));
      if (!ids.has(to)) return to.endsWith('.html') ? [`${path}: ${href}: no such page`] : [];
      return anchor === '' || ids.get(to).has(anchor) ? [] : [`${path}: ${href}: no such heading`];
    }),
  );
}
