import { type Html, html, linked } from './html.ts';
import { ago, durationText, moment } from './time.ts';
import { waveName } from './timeline.ts';
import type { Fake, Outcome, Phase, WaveRow } from './types.ts';

const signs = { good: '✓', passed: '✓', bad: '✕', failed: '✕', waiting: '…', skipped: '–' } as const;

/** A state as a coloured word with a sign, readable without colours. */
export function tag(state: keyof typeof signs, word: string): Html {
  return html`<span class="tag ${state}"><span aria-hidden="true">${signs[state]} </span>${word}</span>`;
}

const rank = { bad: 0, waiting: 1, good: 2 } as const;

/**
 * The current Applications by wave: those that failed first, and waves in which all is well folded.
 *
 * @param now time of the report, ISO 8601
 */
export function wavesHtml(waves: readonly WaveRow[], now: string): Html {
  if (waves.every(({ applications }) => applications.length === 0))
    return html`<p class="empty">There are no Applications.</p>`;
  const worst = ({ applications }: WaveRow) => Math.min(2, ...applications.map(({ state }) => rank[state]));
  const sorted = waves.toSorted((one, other) => worst(one) - worst(other));
  return html`${sorted.map(
    (
      row,
    ) => html`<details class="check wave"${worst(row) < 2 ? html` open` : undefined}><summary><span class="what">${waveName(row.wave)}</span><span class="took">${
      row.applications.length === 0
        ? 'no Applications'
        : `${row.applications.filter(({ state }) => state === 'good').length} of ${row.applications.length} healthy`
    }</span></summary>
${applicationsHtml(row, now)}</details>`,
  )}`;
}

function applicationsHtml({ wave, applications }: WaveRow, now: string): Html {
  const sorted = applications.toSorted((one, other) => rank[one.state] - rank[other.state]);
  return html`<table class="cards" aria-label="${waveName(wave)}">
<thead><tr><th scope="col">Application</th><th scope="col">Sync</th><th scope="col">Health</th><th scope="col">Since</th><th scope="col">Revision</th><th scope="col">Message</th></tr></thead>
<tbody>${sorted.map(({ name, link, sync, health, state, since, revision, revisionLink, message }) => {
    const when =
      since === undefined
        ? html`–`
        : html`<time datetime="${since}" title="${moment(since)}">${ago(since, now)}</time>`;
    return html`<tr class="${state}"><td>${linked(name, link)}</td><td data-name="Sync">${sync === '' ? '–' : sync}</td><td data-name="Health">${tag(state, health === '' ? 'absent' : health)}</td><td data-name="Since">${when}</td><td data-name="Revision" class="mono">${revision === '' ? '–' : linked(revision, revisionLink)}</td><td class="text">${message}</td></tr>`;
  })}</tbody></table>`;
}

/** The simulated parts, and what simulates them. */
export function fakesHtml(fakes: readonly Fake[]): Html {
  if (fakes.length === 0) return html`<p class="empty">None: every part was real.</p>`;
  if (fakes.every(({ by, why }) => by === undefined && why === undefined))
    return html`<ul>${fakes.map(({ what }) => html`<li>${what}</li>`)}</ul>`;
  return html`<div class="scroll"><table class="cards"><thead><tr><th scope="col">Part</th><th scope="col">Simulated by</th><th scope="col">Reason</th></tr></thead>
<tbody>${fakes.map(
    ({ what, by, why }) =>
      html`<tr><td>${what}</td><td data-name="By" class="text">${by}</td><td data-name="Why" class="text">${why}</td></tr>`,
  )}</tbody></table></div>`;
}

/** @returns total seconds, without phases that lie within others */
export function inAll(phases: readonly Phase[]): number {
  return phases.reduce((sum, { seconds, depth = 0 }) => (depth === 0 ? sum + seconds : sum), 0);
}

/** The phases of the run, with bars to compare them. */
export function phasesHtml(phases: readonly Phase[]): Html {
  if (phases.length === 0) return html`<p class="empty">No phases.</p>`;
  const longest = Math.max(0.001, ...phases.map(({ seconds }) => seconds));
  return html`<table><thead><tr><th scope="col">Phase</th><th scope="col">Share</th><th scope="col" class="number">Duration</th></tr></thead>
<tbody>${phases.map(({ name, seconds, depth = 0, outcome = 'passed', note }) => {
    const width = Math.round((seconds / longest) * 1000) / 10;
    return html`<tr class="${outcome}${depth > 0 ? ' within' : ''}"><td class="text">${name}${outcome === 'passed' ? undefined : html` ${tag(outcome, outcome)}`}${note === undefined ? undefined : html`<br><small class="note">${note}</small>`}</td><td class="gauge"><span class="meter ${outcome}" style="width:${width}%"></span></td><td class="number">${durationText(seconds)}</td></tr>`;
  })}</tbody></table>`;
}

/** @returns the number of each outcome */
export function tally(rows: readonly { outcome: Outcome }[]): Record<Outcome, number> {
  const number = (outcome: Outcome) => rows.filter((row) => row.outcome === outcome).length;
  return { passed: number('passed'), failed: number('failed'), skipped: number('skipped') };
}

/** @returns as `58 passed, 2 failed, 1 skipped`, without zeros */
export function tallyText(rows: readonly { outcome: Outcome }[]): string {
  const parts = Object.entries(tally(rows)).filter(([, number]) => number > 0);
  return parts.length === 0 ? 'none' : parts.map(([outcome, number]) => `${number} ${outcome}`).join(', ');
}
