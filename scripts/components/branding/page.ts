import { createHash } from 'node:crypto';
import type { Cluster } from '../../config/cluster.ts';
import { Html, html } from '../../page/html.ts';
import { contactLine, homeOf, logoOf, masthead, styleOf } from './look.ts';

/** The text of a page. */
export interface PageText {
  title: string | Html;
  text: string | Html;
  /** Links, the most likely first. Default: the platform's first page. */
  links?: readonly Link[];
}

interface Link {
  text: string;
  /** Empty: the same address again. */
  to: string;
}

export const tryAgain: Link = { text: 'Try again', to: '' };

/** @returns the link to the platform's first page */
export function homeLink(cluster: Cluster, text = `Go to ${cluster.branding.name}`): Link {
  return { text, to: homeOf(cluster) };
}

/**
 * One page for users: what happened, what to do, the way home, whom to ask. No scripts and no external resources, and a policy that allows
 * neither.
 *
 * @returns the text of an HTML file
 */
export function brandedPage(cluster: Cluster, { title, text, links = [homeLink(cluster)] }: PageText): string {
  const style = styleOf(cluster);
  const { name } = cluster.branding;
  const contact = contactLine(cluster);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf(cluster, style)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – ${name}</title>
<style>${new Html(style)}</style>
</head>
<body>
${masthead(cluster)}
<main><div class="panel">
<h1>${title}</h1>
<p>${text}</p>
<p class="links">${links.map(linkHtml)}</p>
</div></main>
<footer>${contact}</footer>
</body>
</html>
`.text;
}

function linkHtml({ text, to }: Link): Html {
  // The page may be in a frame of the dashboard.
  return html`<a href="${to}"${to === '' ? undefined : html` target="_top"`}>${text}</a> `;
}

/** https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy */
function policyOf(cluster: Cluster, style: string): string {
  const hash = createHash('sha256').update(style).digest('base64');
  const logo = logoOf(cluster);
  const images = logo === undefined ? '' : `img-src ${new URL(logo).origin}; `;
  return `default-src 'none'; style-src 'sha256-${hash}'; ${images}base-uri 'none'; form-action 'none'`;
}
