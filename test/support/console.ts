/** The console in a browser: a page that keeps what it complains of, and what axe finds on it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { z } from 'zod';

const DIST = 'web/dist';

/** It stays in a page until the page is loaded anew. */
const HAS_AXE = "typeof axe === 'object'";

/** A test of yesterday's build would prove nothing. @throws where web/ is newer than what was built of it */
export function assertBuilt(): void {
  const built = statSync(join(DIST, 'index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync('web/src', { recursive: true, encoding: 'utf8' }).map((file) => join('web/src', file));
  const newer = sources.find(
    (file) => !file.endsWith('.test.ts') && statSync(file).isFile() && statSync(file).mtimeMs > built,
  );
  if (newer !== undefined) throw new Error(`the console is older than ${newer}; build it with: npm run build`);
}

export interface Look {
  readonly language: 'vi' | 'en';
  readonly theme: 'light' | 'dark';
}

export interface Console {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors in the console, errors of the page, requests to another host. */
  readonly complaints: string[];
  /** Paths of the scripts that were fetched. */
  readonly scripts: string[];
  open(address: string): Promise<void>;
  close(): Promise<void>;
}

/** @param url of the service. @param key undefined: nobody is signed in */
export async function openConsole(
  browser: Browser,
  url: string,
  key: string | undefined,
  look: Look,
): Promise<Console> {
  const context = await browser.newContext({
    ...{ colorScheme: look.theme, locale: look.language === 'vi' ? 'vi-VN' : 'en-US', timezoneId: 'Asia/Ho_Chi_Minh' },
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  const scripts: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const { protocol, origin, pathname } = new URL(request.url());
    if (protocol.startsWith('http') && origin !== url) complaints.push(`asks for ${request.url()}`);
    if (request.resourceType() === 'script') scripts.push(pathname);
  });
  if (key !== undefined) {
    await page.goto(`${url}/#/enter/${key}`);
    await page.locator('.verdict').first().waitFor();
  }
  return {
    ...{ page, context, complaints, scripts },
    open: async (address) => {
      await page.goto(`${url}/#${address}`);
      await settle(page);
    },
    close: () => context.close(),
  };
}

/** Until it has a title and loads nothing any more. */
export async function settle(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor();
  await page.waitForFunction(() => document.querySelector('.loading') === null);
}

const FOUND = z.array(
  z.object({ id: z.string(), impact: z.string().nullish(), nodes: z.array(z.object({ html: z.string() })) }),
);

/**
 * What axe finds of serious or worse, by WCAG 2.2 AA. It is evaluated by the browser itself, past the page's policy.
 * @param within `main`: without what stands around each page
 */
export async function seriousOf(page: Page, within: 'document' | 'main' = 'document'): Promise<readonly string[]> {
  if ((await page.evaluate(HAS_AXE)) !== true) await page.evaluate(axe.source);
  const found = await page.evaluate(`axe.run(${within === 'main' ? "'main'" : 'document'}, {
    resultTypes: ['violations'],
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }).then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => ({ html })) })))`);
  return FOUND.parse(found)
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}

/** Bytes of the scripts as they are sent, gzipped. */
export const gzippedBytes = (scripts: readonly string[]): number =>
  [...new Set(scripts)].reduce((sum, path) => sum + readFileSync(join(DIST, `${path}.gz`)).length, 0);
