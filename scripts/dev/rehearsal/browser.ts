import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { RunError } from '../../report/errors.ts';
import { findProgram } from './needs.ts';
import { mustRun } from './run-program.ts';
import type { RehearsalSite } from './site.ts';
import type { Account } from './state.ts';

/** A real browser that additionally trusts the platform's CA. */
export interface RealBrowser {
  /** A new visitor, without cookies. */
  visitor(): Promise<Visitor>;
  close(): Promise<void>;
}

/** A person's browser window. */
export interface Visitor {
  page: Page;
  context: BrowserContext;
  /** Opens a path of the platform. @returns status of the final page */
  open(path: string): Promise<number>;
  /** Fills in Dex's form, and waits for the next page. */
  logIn(account: Account): Promise<void>;
  /** The JSON at an address, requested with this person's cookies. */
  json(path: string): Promise<unknown>;
  /** Takes a screenshot (PNG). */
  picture(caption: string, name: string): Promise<void>;
}

/** Selectors of Dex's form for static users, and of its consent form. */
export const dexForm = {
  login: '#login',
  password: '#password',
  submit: '#submit-login',
  error: '#login-error',
  consent: 'form:has(input[name="approval"][value="approve"]) button',
} as const;

/**
 * Starts Debian's Chromium, headless. The CA goes into a separate certificate store, so that Chromium verifies chain and name as
 * usual.
 *
 * @param ca PEM
 * @param hosts further hosts at the gateway's address
 * @throws RunError without Chromium
 */
export async function openBrowser(
  site: RehearsalSite,
  ca: string,
  hosts: readonly string[] = [],
): Promise<RealBrowser> {
  const home = await mkdtemp(join(site.folder, 'browser-'));
  await trust(home, ca);
  const host = await site.host();
  const address = await site.address();
  const browser = await chromium.launch({
    executablePath: findProgram('chromium'),
    // The rehearsal stops it.
    handleSIGINT: false,
    handleSIGTERM: false,
    env: {
      ...process.env,
      HOME: home,
      XDG_CONFIG_HOME: join(home, '.config'),
      XDG_CACHE_HOME: join(home, '.cache'),
    } as Record<string, string>,
    args: [
      // Chromium's own sandbox does not start as root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-dev-shm-usage',
      '--no-proxy-server',
      // Names without a public DNS record.
      ...(isIP(host) === 0
        ? [`--host-resolver-rules=${[...new Set([host, ...hosts])].map((name) => `MAP ${name} ${address}`).join(', ')}`]
        : []),
    ],
  });
  return {
    visitor: () => newVisitor(site, browser, host),
    close: async () => {
      await browser.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function trust(home: string, ca: string): Promise<void> {
  const store = join(home, '.pki', 'nssdb');
  await mkdir(store, { recursive: true });
  const file = join(home, 'ca.pem');
  await writeFile(file, ca);
  const certutil = findProgram('certutil');
  await mustRun([certutil, '-d', `sql:${store}`, '-N', '--empty-password']);
  await mustRun([certutil, '-d', `sql:${store}`, '-A', '-t', 'C,,', '-n', 'platform', '-i', file]);
}

async function newVisitor(site: RehearsalSite, browser: Browser, host: string): Promise<Visitor> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 700 } });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const origin = `https://${host}`;
  return {
    page,
    context,
    open: async (path) => {
      const answer = await page.goto(origin + path);
      return answer?.status() ?? 0;
    },
    logIn: async ({ email, password }) => {
      await page.fill(dexForm.login, email);
      await page.fill(dexForm.password, password);
      await Promise.all([page.waitForLoadState('load'), page.click(dexForm.submit)]);
      await page.waitForLoadState('load');
    },
    json: async (path) => {
      const answer = await context.request.get(origin + path, {
        headers: { accept: 'application/json' },
        maxRedirects: 0,
        // The page itself was opened with a verified chain; this client cannot be given a CA.
        ignoreHTTPSErrors: true,
      });
      if (answer.status() !== 200) throw new RunError(`${path} answered ${answer.status()} instead of 200`);
      return answer.json();
    },
    picture: async (caption, name) => {
      const file = join(site.folder, 'report', `${name}.png`);
      await mkdir(join(site.folder, 'report'), { recursive: true });
      await page.screenshot({ path: file });
      site.record.picture(caption, file);
    },
  };
}
