/**
 * `npm run pictures [REPORT]`: draws the README's picture from the report of a rehearsal with Kubeflow's own programs: what a user
 * sees, and how the waves went. Draws the HTML pages in the report's folder, too, in light and dark (docs/development.md).
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { type Html, html } from '../../page/html.ts';
import { durationText } from '../../page/time.ts';
import { createReporter } from '../../report/reporter.ts';
import { repositoryRoot } from '../sandbox/of-repository.ts';
import { findProgram } from './needs.ts';
import type { ApplicationTimes, RecordData } from './record.ts';
import { bootstrapPhase } from './report-page.ts';
import { defaultFolder, placesOf } from './state.ts';

/** Pictures of the report: file, the corner that is shown, and the words below. */
const shown = [
  ['login', 'center top', 'Nothing opens without a login'],
  ['kubeflow-dashboard', 'left top', 'Then Kubeflow knows who it is'],
  ['kubeflow-lab', 'left top', 'Notebooks behind the same gateway'],
] as const;

const pictures = join(repositoryRoot, 'docs', 'pictures');

const style = `
  * { box-sizing: border-box; }
  body { margin: 0; font: 15px/1.35 system-ui, "DejaVu Sans", sans-serif; color: #1b2333; }
  main { width: 1080px; padding: 24px; background: #eef1f6; }
  .pages { display: grid; grid-template-columns: repeat(3, 1fr); gap: 16px; }
  figure { margin: 0; border: 1px solid #cdd4e0; border-radius: 8px; overflow: hidden; background: #fff; }
  figure div { height: 222px; background-size: 150%; background-repeat: no-repeat; }
  figcaption { padding: 10px 12px; border-top: 1px solid #cdd4e0; font-weight: 600; font-size: 13.5px; }
  section { margin-top: 20px; padding: 14px 18px 12px; border: 1px solid #cdd4e0; border-radius: 8px; background: #fff; }
  h2 { margin: 0 0 8px; font-size: 15px; }
  .row { display: grid; grid-template-columns: 190px 1fr; align-items: center; height: 15px; font-size: 11.5px; }
  .row i { display: block; height: 9px; border-radius: 5px; background: #2f6fdb; }
`;

function bars(applications: readonly ApplicationTimes[], seconds: number): Html[] {
  const waves = applications.filter(({ wave }) => wave >= 0);
  const begin = Math.min(...waves.map(({ firstSync = seconds }) => firstSync));
  return [{ name: 'commit, push, register', wave: '–', firstSync: 0, healthy: begin }, ...waves].map(
    ({ name, wave, firstSync = 0, healthy = seconds }) => {
      const percent = (value: number) => ((100 * value) / seconds).toFixed(2);
      const at = `margin-left: ${percent(firstSync)}%; width: ${percent(Math.max(healthy - firstSync, 1))}%`;
      return html`<div class="row"><span>${wave} · ${name}</span><i style="${at}"></i></div>`;
    },
  );
}

/** Pages of a report's folder: the page of a run, and what `status --html` wrote there. */
const pages = ['rehearsal', 'status'];

async function drawPages(browser: Browser, report: string): Promise<string[]> {
  const files: string[] = [];
  for (const name of pages.filter((page) => existsSync(join(report, `${page}.html`)))) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ viewport: { width: 1000, height: 900 }, colorScheme });
      await page.goto(pathToFileURL(join(report, `${name}.html`)).href);
      const file = join(pictures, `page-${name}-${colorScheme}.png`);
      await page.screenshot({ path: file });
      files.push(file);
    }
  }
  return files;
}

async function draw(report: string): Promise<string[]> {
  const record = JSON.parse(await readFile(join(report, 'record.json'), 'utf8')) as RecordData;
  const missing = shown.map(([name]) => join(report, `${name}.png`)).filter((file) => !existsSync(file));
  if (missing.length > 0)
    throw new Error(`the report lacks ${missing.join(', ')}: run the checks login,kubeflow-browser`);
  const figures = await Promise.all(
    shown.map(async ([name, corner, caption]) => {
      const png = (await readFile(join(report, `${name}.png`))).toString('base64');
      const background = `background-image: url(data:image/png;base64,${png}); background-position: ${corner}`;
      return html`<figure><div style="${background}"></div><figcaption>${caption}</figcaption></figure>`;
    }),
  );
  const last = Math.max(...record.applications.map(({ healthy = 0 }) => healthy));
  const took = durationText(record.phases.find(({ name }) => name === bootstrapPhase)?.seconds ?? last);
  const text = html`<!doctype html><meta charset="utf-8"><main><div class="pages">${figures}</div><section>
    <h2>One command, ${took}: each wave starts once the one before is healthy</h2>${bars(record.applications, last)}</section></main>`;
  const browser = await chromium.launch({
    executablePath: findProgram('chromium'),
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.setContent(`<style>${style}</style>${text.text}`);
    const file = join(pictures, 'platform.png');
    await page.locator('main').screenshot({ path: file });
    return [file, ...(await drawPages(browser, report))];
  } finally {
    await browser.close();
  }
}

const reporter = createReporter({ json: false, quiet: false });
const files = await draw(resolve(process.argv[2] ?? placesOf(defaultFolder()).pictures));
reporter.result({ files }, `wrote ${files.join('\n      ')}`);
