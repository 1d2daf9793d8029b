import { attacksHtml, checksHtml } from './checks.ts';
import { Html, html, linked } from './html.ts';
import { style } from './style.ts';
import { fakesHtml, inAll, phasesHtml, tally, tallyText, wavesHtml } from './tables.ts';
import { durationText, moment } from './time.ts';
import { timelineHtml } from './timeline.ts';
import type { Page, Picture } from './types.ts';

/**
 * Renders a report as one self-contained page: no scripts, no external resources, and a policy that allows neither, since
 * texts come from clusters and tenants. Light and dark, for screen, phone and paper.
 *
 * https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
 *
 * @returns the text of an HTML file
 */
export function pageHtml(page: Page): string {
  const { title, verdict, facts = [], made, live } = page;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${signs[verdict.state]} ${title}</title>
<style>${new Html(style)}</style></head>
<body><header class="top"><h1>${title}</h1>
<div class="verdict ${verdict.state}"><span class="sign" aria-hidden="true">${signs[verdict.state]}</span><div><strong>${verdict.text}</strong>${
    (verdict.details ?? []).length === 0
      ? undefined
      : html`<ul>${verdict.details?.map((detail) => html`<li>${detail}</li>`)}</ul>`
  }</div></div>
${tiles(page)}
${
  facts.length === 0
    ? undefined
    : html`<dl class="facts">${facts.map(({ name, value, link }) => html`<div><dt>${name}</dt><dd>${linked(value, link)}</dd></div>`)}</dl>`
}</header>
<main>
${page.timelines === undefined ? undefined : section('waves', 'Waves over time', 'as measured', page.timelines.map(timelineHtml))}
${page.waves === undefined ? undefined : section('applications', 'Applications', 'by wave, as Argo CD reports them', wavesHtml(page.waves, made))}
${page.checks === undefined ? undefined : section('checks', 'Checks', tallyText(page.checks), checksHtml(page.checks))}
${page.requests === undefined ? undefined : section('attacks', 'Attack suite', tallyText(page.requests), attacksHtml(page.requests))}
${page.pictures === undefined ? undefined : section('pictures', 'Screenshots', 'of the browser', picturesHtml(page.pictures))}
${page.phases === undefined ? undefined : section('phases', 'Time', `${durationText(inAll(page.phases))} in total`, phasesHtml(page.phases))}
${page.fakes === undefined ? undefined : section('fakes', 'Simulated parts', undefined, fakesHtml(page.fakes))}
</main>
<footer>Created by Breakwater, ${moment(made)}. ${
    live === undefined
      ? 'This page is self-contained: save, mail or print it.'
      : html`<a href="${live.path}">${live.text}</a>`
  }</footer>
</body></html>
`.text;
}

const signs = { good: '✓', bad: '✕', waiting: '…' } as const;

function section(id: string, title: string, note: string | undefined, content: Html | readonly Html[]): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}${note === undefined ? undefined : html` <small>${note}</small>`}</h2>
${content}</section>`;
}

/** A headline number with a link to its section. */
interface Tile {
  to: string;
  value: string;
  text: string;
  state: 'good' | 'bad' | 'waiting' | 'plain';
}

function tiles({ waves, checks, requests, phases }: Page): Html | undefined {
  const found: Tile[] = [];
  if (waves !== undefined) {
    const rows = waves.flatMap(({ applications }) => applications);
    const good = rows.filter(({ state }) => state === 'good').length;
    const state = rows.some((row) => row.state === 'bad')
      ? 'bad'
      : rows.length > 0 && good === rows.length
        ? 'good'
        : 'waiting';
    found.push({ to: 'applications', value: `${good} of ${rows.length}`, text: 'Applications healthy', state });
  }
  for (const [to, rows, text] of [
    ['checks', checks, 'checks passed'],
    ['attacks', requests, 'attacks stopped'],
  ] as const) {
    if (rows === undefined) continue;
    const { passed, failed, skipped } = tally(rows);
    const more = skipped === 0 ? '' : `, ${skipped} skipped`;
    found.push({
      to,
      value: `${passed} of ${passed + failed}`,
      text: `${text}${more}`,
      state: failed > 0 ? 'bad' : passed > 0 ? 'good' : 'plain',
    });
  }
  if (phases !== undefined) {
    found.push({ to: 'phases', value: durationText(inAll(phases)), text: 'total time', state: 'plain' });
  }
  if (found.length === 0) return undefined;
  return html`<ul class="tiles">${found.map(({ to, value, text, state }) => html`<li><a href="#${to}" class="${state}"><b>${value}</b><span>${text}</span></a></li>`)}</ul>`;
}

function picturesHtml(pictures: readonly Picture[]): Html {
  if (pictures.length === 0) return html`<p class="empty">No screenshots.</p>`;
  return html`<div class="pictures">${pictures.map(
    ({ caption, png }) =>
      html`<figure><img alt="${caption}" src="data:image/png;base64,${png}"><figcaption>${caption}</figcaption></figure>`,
  )}</div>`;
}
