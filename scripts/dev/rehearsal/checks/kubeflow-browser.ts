import { openBrowser, type RealBrowser, type Visitor } from '../browser.ts';
import type { RehearsalSite } from '../site.ts';
import { type Expect, expecting } from './assert.ts';
import type { Check } from './check.ts';
import { lackOfPrograms, profileOf, untilNotebookRuns } from './kubeflow-site.ts';

const notebook = 'paper';
/** Pages of a busy machine take their time. */
const patience = { timeout: 120_000 };

/** The same day in Chromium, by the pages themselves. */
export const check: Check = {
  name: 'kubeflow-browser',
  title: "A day with Kubeflow's own pages",
  quick: false,
  needs: lackOfPrograms,
  run: async (site) => {
    const expect = expecting(site, 'kubeflow-browser');
    const namespace = await profileOf(site);
    const browser = await openBrowser(site, await site.ca());
    try {
      const ann = await browser.visitor();
      await seeDashboard(site, ann, namespace, expect);
      await launchNotebook(site, ann, namespace, expect);
      await runFirstCell(ann, namespace, expect);
      await shutOut(site, browser, namespace, expect);
    } finally {
      await browser.close();
      await site.kubectl(['-n', namespace, 'delete', 'notebooks.kubeflow.org', notebook, '--ignore-not-found']);
    }
  },
};

async function seeDashboard(site: RehearsalSite, ann: Visitor, namespace: string, expect: Expect): Promise<void> {
  await ann.open('/');
  await ann.logIn(site.users.owner);
  const selected = ann.page.locator('namespace-selector #SelectedNamespace .text');
  await selected.filter({ hasText: namespace }).waitFor(patience);
  expect(
    'the dashboard shows its owner the namespace',
    'log in',
    namespace,
    (await selected.textContent())?.trim() ?? '',
  );
  await ann.picture("Kubeflow's dashboard, with the namespace of who is logged in", 'kubeflow-dashboard');
}

async function launchNotebook(
  site: RehearsalSite,
  { page, ...ann }: Visitor,
  namespace: string,
  expect: Expect,
): Promise<void> {
  const list = `/_/jupyter/?ns=${namespace}`;
  await ann.open(list);
  const app = page.frameLocator('iframe-container iframe');
  await app.getByText('New Notebook').click(patience);
  await app.locator('lib-name-input input').first().fill(notebook, patience);
  await app.locator('app-form-cpu-ram input').first().fill('0.1');
  // The sandbox has no volumes to give.
  await app.locator('app-form-workspace-volume mat-icon.delete-icon').click();
  await ann.picture('A notebook is made in the Jupyter web app', 'kubeflow-form');
  await app.getByRole('button', { name: 'LAUNCH' }).click(patience);
  await untilNotebookRuns(site, namespace, notebook);
  await ann.open(list);
  const connect = app.getByRole('button', { name: 'CONNECT' });
  await connect.and(app.locator(':enabled')).waitFor(patience);
  await ann.picture('It runs', 'kubeflow-notebooks');
  // The page offers it as soon as the pod runs, and Jupyter starts after that.
  const answers = () => ann.json(`/notebook/${namespace}/${notebook}/api/status`).catch(() => undefined);
  await site.until('the notebook answers', answers, 60);
  const [opened] = await Promise.all([page.waitForEvent('popup', patience), connect.click()]);
  await opened.waitForURL(/\/lab/, patience);
  const { pathname } = new URL(opened.url());
  await opened.close();
  expect('the page leads to the notebook', 'click CONNECT', `/notebook/${namespace}/${notebook}/lab`, pathname);
}

async function runFirstCell({ page, ...ann }: Visitor, namespace: string, expect: Expect): Promise<void> {
  await ann.open(`/notebook/${namespace}/${notebook}/lab`);
  await page.locator('.jp-LauncherCard[data-category="Notebook"]').first().click(patience);
  await page.locator('.jp-Notebook .jp-CodeCell .cm-content').first().click(patience);
  // A cell that runs before its kernel does gives nothing.
  await page.getByText('Python 3 (ipykernel) | Idle').waitFor(patience);
  await page.keyboard.type('6 * 7');
  await page.keyboard.press('Shift+Enter');
  const output = page.locator('.jp-OutputArea-output').filter({ hasText: '42' }).first();
  await output.waitFor(patience);
  expect('a cell runs in JupyterLab', '6 * 7, and Shift+Enter', '42', (await output.textContent())?.trim() ?? '');
  await ann.picture('JupyterLab behind the gateway', 'kubeflow-lab');
}

async function shutOut(site: RehearsalSite, browser: RealBrowser, namespace: string, expect: Expect): Promise<void> {
  const bob = await browser.visitor();
  await bob.open('/');
  await bob.logIn(site.users.other);
  const status = await bob.open(`/notebook/${namespace}/${notebook}/lab`);
  expect('someone else is refused', `open the notebook as ${site.users.other.email}`, 403, status);
  await bob.picture('What someone else sees of it', 'kubeflow-refused');
  await bob.context.close();
}
