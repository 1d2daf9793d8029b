import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findProgram } from '../rehearsal/needs.ts';

/** How a page is looked at. */
export interface View {
  scheme: 'light' | 'dark';
  /** Pixels. */
  width: number;
}

/** Each page in light and dark, at a desk and on a phone. */
export const views: readonly View[] = [
  { scheme: 'light', width: 1100 },
  { scheme: 'dark', width: 1100 },
  { scheme: 'light', width: 360 },
  { scheme: 'dark', width: 360 },
];

/** What a page is made of, by its address. */
type Serve = (url: string) => Promise<{ status: number; headers: Record<string, unknown>; body: string }>;

/** A page in a real browser. */
interface Seen {
  /** Violations that axe finds, with the elements. */
  violations: string[];
  /** What the browser refused or could not load, and errors of scripts. */
  complaints: string[];
  /** Addresses asked beside the page's own. */
  asked: string[];
  /** Whether it is wider than the window. */
  overflows: boolean;
  /** Names of what the Tab key reaches, in order. */
  byKeyboard: string[];
  picture: Buffer;
}

/** Debian's Chromium. */
export interface Viewer {
  /** Opens a page whose parts come from a function, so that hosts need no DNS and no certificate. */
  look(url: string, serve: Serve, view: View): Promise<Seen>;
  close(): Promise<void>;
}

/** @throws RunError without Chromium */
export async function openViewer(): Promise<Viewer> {
  const browser = await chromium.launch({
    executablePath: findProgram('chromium'),
    // Chromium's own sandbox does not start as root.
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-dev-shm-usage', '--no-proxy-server'],
  });
  return { look: (url, serve, view) => look(browser, url, serve, view), close: () => browser.close() };
}

async function look(browser: Browser, url: string, serve: Serve, { scheme, width }: View): Promise<Seen> {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 700 } });
  try {
    const asked: string[] = [];
    const complaints: string[] = [];
    await context.route('**/*', async (route) => {
      const address = route.request().url();
      if (address !== url) asked.push(address);
      const { status, headers, body } = await serve(address);
      await route.fulfill({ status, body, contentType: String(headers['content-type'] ?? 'text/html') });
    });
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // Chromium says so of each page whose own status is an error.
      const own = message.location().url === url && /^Failed to load resource/.test(message.text());
      if (message.type() === 'error' && !own) complaints.push(message.text());
    });
    await page.goto(url);
    await page.evaluate(axe.source);
    const violations = await page.evaluate(async () => {
      // biome-ignore lint/suspicious/noExplicitAny: axe is a global of the page
      const { violations } = await (globalThis as any).axe.run();
      return violations.map(
        // biome-ignore lint/suspicious/noExplicitAny: the same
        ({ id, nodes }: any) => `${id}: ${nodes.map((node: any) => node.html.slice(0, 200)).join(' | ')}`,
      );
    });
    const overflows = await page.evaluate(
      'document.documentElement.scrollWidth > document.documentElement.clientWidth',
    );
    const picture = await page.screenshot();
    return { violations, complaints, asked, overflows: overflows === true, byKeyboard: await tabbed(page), picture };
  } finally {
    await context.close();
  }
}

async function tabbed(page: Page): Promise<string[]> {
  const reached: string[] = [];
  for (let count = 0; count < 200; count += 1) {
    await page.keyboard.press('Tab');
    const name = await page.evaluate(
      '(() => { const e = document.activeElement; return e === null || e === document.body ? "" : (e.innerText || e.id || e.getAttribute("aria-label") || e.tagName).trim(); })()',
    );
    if (name === '' || (reached.length > 0 && name === reached[0])) break;
    reached.push(String(name));
  }
  return reached;
}
