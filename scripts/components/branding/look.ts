import type { Cluster } from '../../config/cluster.ts';
import { type Html, html } from '../../page/html.ts';
import { publicAddress } from '../address.ts';

/** Accent of the dark pages, unless cluster.yaml sets a colour. */
const darkAccent = '#7aa7ff';
const lightAccent = '#2f6fde';

/** Address of the logo's file at the platform's host, which needs no login. */
export function logoPath({ logo }: Cluster): string | undefined {
  if (logo === undefined) return undefined;
  return 'svg' in logo ? '/oauth2/logo.svg' : '/oauth2/logo.png';
}

/** @returns address of the platform's first page; a path while the host is unknown */
export function homeOf(cluster: Cluster): string {
  return cluster.knownHost === undefined ? '/' : `https://${publicAddress(cluster).authority}/`;
}

/** @returns address of the logo; undefined without one, or while the host is unknown */
export function logoOf(cluster: Cluster): string | undefined {
  const path = logoPath(cluster);
  if (path === undefined || cluster.knownHost === undefined) return undefined;
  return `https://${publicAddress(cluster).authority}${path}`;
}

/** @returns the platform's logo and name, as a link to its first page */
export function masthead(cluster: Cluster): Html {
  const logo = logoOf(cluster);
  const image = logo === undefined ? undefined : html`<img src="${logo}" alt="">`;
  return html`<header><a href="${homeOf(cluster)}" target="_top">${image}${cluster.branding.name}</a></header>`;
}

/** @returns whom to ask, as a sentence; undefined when cluster.yaml names no one */
export function contactLine({ branding: { contact } }: Cluster): Html | undefined {
  if (contact === undefined) return undefined;
  const { name, link } = contact;
  return html`Questions? Ask ${link === undefined ? name : html`<a href="${link}" target="_top">${name}</a>`}.`;
}

/** @returns the style of the pages: light or dark by the reader's system, for a phone and a desk */
export function styleOf({ branding: { colours } }: Cluster): string {
  const light = colours.accent;
  const dark = colours.accentOnDark ?? (light === lightAccent ? darkAccent : light);
  return `:root{color-scheme:light dark;--back:#f5f6f8;--card:#fff;--ink:#1b2330;--soft:#5c6675;--line:#dfe3e9;
--bad:#b3261e;--accent:${light};--on-accent:${textOn(light)}}
@media (prefers-color-scheme:dark){:root{--back:#11151b;--card:#1a2029;--ink:#e7ebf1;--soft:#9aa5b4;--line:#2c3440;
--bad:#ff9a90;--accent:${dark};--on-accent:${textOn(dark)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,sans-serif;border-top:4px solid var(--accent)}
header,footer{padding:20px 24px;text-align:center;overflow-wrap:anywhere}
header a{display:inline-flex;align-items:center;gap:12px;font-size:1.1rem;font-weight:600;text-decoration:none}
header img{height:36px;max-width:200px}
main{max-width:30rem;margin:6vh auto 0;padding:0 16px}
.panel,.theme-panel{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:28px 32px 32px;overflow-wrap:anywhere}
h1,h2{font-size:1.4rem;line-height:1.3;margin:0 0 12px}
p{margin:0 0 12px}
a{color:inherit}
footer{color:var(--soft);font-size:.9rem}
.links{display:flex;flex-wrap:wrap;align-items:center;gap:12px 20px;margin:20px 0 0}
.links a:first-child,button{padding:9px 18px;border:0;border-radius:8px;background:var(--accent);color:var(--on-accent);font:inherit;font-weight:600;text-decoration:none;cursor:pointer}
:focus-visible{outline:3px solid var(--ink);outline-offset:2px;border-radius:4px}
`;
}

/** Black or white, whichever has the higher contrast: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function textOn(colour: string): string {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000' : '#fff';
}
