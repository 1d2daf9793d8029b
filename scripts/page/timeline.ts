import { type Html, html } from './html.ts';
import { clock, durationText, moment, ticks } from './time.ts';
import type { Bar, Timeline } from './types.ts';

const top = 26;
const rowHeight = 26;
const headHeight = 24;

/** A bar with its position: seconds from the start of the axis, pixels from the top. */
interface PlacedBar {
  bar: Bar;
  y: number;
  from?: number;
  to?: number;
}

interface Group {
  wave: Bar['wave'];
  y: number;
  height: number;
  bars: PlacedBar[];
}

/**
 * Draws the waves over time: one row per Application, from its first sync to Healthy, on a common axis.
 * The names are outside the drawing, to stay readable when it is narrow; a table repeats the numbers.
 */
export function timelineHtml(timeline: Timeline): Html {
  const times = momentsOf(timeline);
  const begin = Math.min(...times);
  const length = Math.max(1, (Math.max(...times) - begin) / 1000);
  if (times.length === 0) {
    return html`<h3>${timeline.title}</h3><p class="empty">Nothing has been synced yet.</p>`;
  }
  const groups = groupBars(timeline.bars, begin, begin + length * 1000);
  const height = groups.reduce((sum, group) => sum + group.height, top);
  return html`<h3>${timeline.title} <small>${durationText(length)} from ${moment(new Date(begin).toISOString())}</small></h3>
${timeline.note === undefined ? undefined : html`<p class="note">${timeline.note}</p>`}
<div class="chart">
<div class="names" aria-hidden="true">${groups.map(
    ({ wave, bars }) =>
      html`<div class="head">${waveName(wave)}</div>${bars.map(({ bar }) => html`<div title="${bar.name}">${bar.name}</div>`)}`,
  )}</div>
<svg role="img" aria-label="${timeline.title}: ${timeline.bars.length} Applications over ${durationText(length)}. The table below has the numbers." width="100%" height="${height + 6}">
${groups.map(({ y, height: tall }, index) => (index % 2 === 0 ? html`<rect class="band" x="0" y="${y}" width="100%" height="${tall}" rx="4"/>` : undefined))}
${ticks(length).map((tick) => axisTick(tick, length, height))}
${(timeline.marks ?? []).map((mark) => markLine((Date.parse(mark.at) - begin) / 1000, mark.text, length, height))}
${groups.flatMap(({ bars }) => bars.map((placed) => barShape(placed, length)))}
</svg></div>
${legend(timeline.bars)}
${numbers(timeline, begin)}`;
}

function momentsOf({ bars, marks = [] }: Timeline): number[] {
  return [...bars.flatMap(({ started, healthy }) => [started, healthy]), ...marks.map(({ at }) => at)]
    .map((time) => Date.parse(time ?? ''))
    .filter((time) => !Number.isNaN(time));
}

/** @returns as `Wave 3`, or the word itself */
export function waveName(wave: number | string): string {
  return typeof wave === 'number' ? `Wave ${wave}` : wave.charAt(0).toUpperCase() + wave.slice(1);
}

function groupBars(bars: readonly Bar[], begin: number, end: number): Group[] {
  const groups: Group[] = [];
  for (const wave of new Set(bars.map((bar) => bar.wave))) {
    const members = bars.filter((bar) => bar.wave === wave);
    const y = groups.reduce((sum, group) => sum + group.height, top);
    groups.push({
      wave,
      y,
      height: headHeight + members.length * rowHeight,
      bars: members.map((bar, index) => {
        const started = Date.parse(bar.started ?? '');
        const healthy = Date.parse(bar.healthy ?? '');
        const row = { bar, y: y + headHeight + index * rowHeight };
        if (Number.isNaN(started)) return row;
        return { ...row, from: (started - begin) / 1000, to: ((Number.isNaN(healthy) ? end : healthy) - begin) / 1000 };
      }),
    });
  }
  return groups;
}

function percent(seconds: number, length: number): string {
  return `${Math.round((Math.max(0, Math.min(seconds, length)) / length) * 10000) / 100}%`;
}

function axisTick(tick: number, length: number, height: number): Html {
  const x = percent(tick, length);
  const anchor = tick === 0 ? 'start' : tick / length > 0.95 ? 'end' : 'middle';
  return html`<line class="grid" x1="${x}" x2="${x}" y1="${top - 6}" y2="${height}"/><text x="${x}" y="12" text-anchor="${anchor}">${clock(tick)}</text>`;
}

function markLine(at: number, text: string, length: number, height: number): Html {
  const x = percent(at, length);
  const right = at / length > 0.6;
  return html`<line class="mark" x1="${x}" x2="${x}" y1="${top - 6}" y2="${height}"/><text class="mark-text" x="${x}" dx="${right ? -5 : 5}" y="${top + 14}" text-anchor="${right ? 'end' : 'start'}">${text}</text>`;
}

function barShape({ bar, y, from, to }: PlacedBar, length: number): Html {
  if (from === undefined || to === undefined)
    return html`<text x="4" y="${y + 17}">${bar.outcome === 'healthy' ? 'time unknown' : 'not started'}</text>`;
  const width = percent(to - from, length);
  const right = to / length > 0.78;
  const room = from / length > 0.12;
  const words = bar.healthy === undefined ? 'not healthy' : durationText(to - from);
  // The number goes after the bar; without room there, before it; in a bar of full width, inside.
  const inside = right && !room;
  const x = inside || !right ? to : from;
  return html`<g><title>${bar.name}: ${span({ bar, y, from, to })}</title><rect class="${bar.outcome}" x="${percent(from, length)}" y="${y + 5}" width="${width}" height="16" rx="4" style="min-width:3px"/><text class="value${inside ? '' : ' beside'}" x="${percent(x, length)}" dx="${right ? -6 : 6}" y="${y + 17}" text-anchor="${right ? 'end' : 'start'}">${words}</text></g>`;
}

function span({ bar, from, to }: PlacedBar): string {
  if (from === undefined || to === undefined) return 'not started';
  return bar.healthy === undefined
    ? `first sync at ${clock(from)}, not healthy`
    : `first sync at ${clock(from)}, healthy at ${clock(to)}, ${durationText(to - from)}`;
}

const meanings = {
  healthy: 'from the first sync to Healthy',
  waiting: 'not healthy yet',
  failed: 'failed',
} as const;

function legend(bars: readonly Bar[]): Html {
  const seen = (['healthy', 'waiting', 'failed'] as const).filter((outcome) =>
    bars.some((bar) => bar.outcome === outcome && bar.started !== undefined),
  );
  return html`<ul class="legend">${seen.map((outcome) => html`<li><i class="${outcome}"></i>${meanings[outcome]}</li>`)}</ul>`;
}

function numbers({ title, bars }: Timeline, begin: number): Html {
  const at = (time: string | undefined) => (time === undefined ? '–' : clock((Date.parse(time) - begin) / 1000));
  return html`<details class="fold"><summary>Show as a table</summary><div class="scroll"><table aria-label="${title}">
<thead><tr><th scope="col">Application</th><th scope="col">Wave</th><th scope="col" class="number">First sync</th><th scope="col" class="number">Healthy</th><th scope="col" class="number">Duration</th></tr></thead>
<tbody>${bars.map(
    (bar) =>
      html`<tr><td>${bar.name}</td><td>${bar.wave}</td><td class="number">${at(bar.started)}</td><td class="number">${at(bar.healthy)}</td><td class="number">${
        bar.started === undefined || bar.healthy === undefined
          ? '–'
          : durationText((Date.parse(bar.healthy) - Date.parse(bar.started)) / 1000)
      }</td></tr>`,
  )}</tbody></table></div></details>`;
}
