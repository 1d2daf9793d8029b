import { type Html, html } from './html.ts';
import { tag, tallyText } from './tables.ts';
import { durationText } from './time.ts';
import type { AttackResult, CheckRow, Outcome } from './types.ts';

/** Up to this number, failed checks are shown open. */
const openedAtMost = 5;

/** The checks by group, each with its attempt and its result. */
export function checksHtml(checks: readonly CheckRow[]): Html {
  if (checks.length === 0) return html`<p class="empty">Nothing was checked.</p>`;
  const open = checks.filter(({ outcome }) => outcome === 'failed').length <= openedAtMost;
  return html`${[...new Set(checks.map(({ group }) => group))].map((group) => {
    const members = checks.filter((check) => check.group === group);
    return html`<h3>${group} <small>${tallyText(members)}</small></h3><div>${members.map((check) => checkHtml(check, open))}</div>`;
  })}`;
}

function checkHtml({ name, tried, expected, got, outcome, seconds }: CheckRow, openFailed: boolean): Html {
  const failed = outcome === 'failed';
  return html`<details class="check"${failed && openFailed ? html` open` : undefined}><summary>${tag(outcome, outcome)}<span class="what">${name}${
    failed && !openFailed ? html`<small>${firstLine(got)}</small>` : undefined
  }</span>${seconds === undefined ? undefined : html`<span class="took">${durationText(seconds)}</span>`}</summary>
<dl><dt>Tried</dt><dd><pre>${tried}</pre></dd><dt>Expected</dt><dd><pre>${expected}</pre></dd><dt>Got</dt><dd><pre>${got}</pre></dd></dl></details>`;
}

function firstLine(text: string): string {
  const [line = ''] = text.trim().split('\n');
  return line.length <= 160 ? line : `${line.slice(0, 160)}…`;
}

/**
 * The attack suite, one table per group, open if a check failed. Radio buttons and CSS filter it by outcome: without scripts, the
 * page works in mail clients and under the strictest policy.
 */
export function attacksHtml(requests: readonly AttackResult[]): Html {
  if (requests.length === 0) return html`<p class="empty">No request was sent.</p>`;
  const groups = [...new Set(requests.map(({ group }) => group))];
  const outcomes = (['passed', 'failed', 'skipped'] as const).filter((outcome) =>
    requests.some((request) => request.outcome === outcome),
  );
  return html`<style>${filterRules(outcomes)}</style>
${choice('Outcome', 'outcome', [
  ['all', `all ${requests.length}`],
  ...outcomes.map((outcome): [string, string] => [
    outcome,
    `${outcome} ${requests.filter((request) => request.outcome === outcome).length}`,
  ]),
])}
<div>${groups.map((group) =>
    attackGroupHtml(
      group,
      requests.filter((request) => request.group === group),
    ),
  )}</div>`;
}

function attackGroupHtml(group: string, requests: readonly AttackResult[]): Html {
  const state = (['failed', 'passed', 'skipped'] as const).find((outcome) =>
    requests.some((request) => request.outcome === outcome),
  );
  const has = [...new Set(requests.map(({ outcome }) => `has-${outcome}`))].join(' ');
  return html`<details class="check requests ${has}"${state === 'failed' ? html` open` : undefined}><summary>${state === undefined ? undefined : tag(state, state)}<span class="what">${group}</span><span class="took">${tallyText(requests)}</span></summary>
<table class="cards">
<thead><tr><th scope="col">Attack</th><th scope="col">Request</th><th scope="col">Expected</th><th scope="col">Answer</th><th scope="col">Outcome</th></tr></thead>
<tbody>${requests.map(requestRow)}</tbody></table></details>`;
}

function requestRow({ id, tries, request, expected, answer, outcome, why }: AttackResult): Html {
  return html`<tr class="${outcome}"><td class="text">${tries}<br><small class="mono note">${id}</small></td><td data-name="Request" class="text"><code>${request}</code></td><td data-name="Expected" class="text">${expected}</td><td data-name="Answer" class="text"><span>${answer}${
    why === undefined ? undefined : html`<br><small class="note">${why}</small>`
  }</span></td><td data-name="Outcome">${tag(outcome, outcome)}</td></tr>`;
}

function choice(legend: string, name: string, values: readonly (readonly [string, string])[]): Html {
  return html`<fieldset class="filters"><legend>${legend}</legend><div>${values.map(
    ([value, text], index) =>
      html`<span><input type="radio" name="${name}" id="${name}-${value}"${index === 0 ? html` checked` : undefined}><label for="${name}-${value}">${text}</label></span>`,
  )}</div></fieldset>`;
}

/** Filters on screen only, not in print. The rules contain no text from outside. */
function filterRules(outcomes: readonly Outcome[]): Html {
  const rule = (outcome: Outcome) => {
    const chosen = `section:has(#outcome-${outcome}:checked) .requests`;
    return html`${chosen}:not(.has-${outcome}),${chosen} tbody tr:not(.${outcome}){display:none}`;
  };
  return html`@media screen{${outcomes.map(rule)}}`;
}
