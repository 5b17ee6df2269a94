/**
 * The console in headless Chromium: a chart of 50,000 points while it is zoomed and moved, in milliseconds
 * a frame, against the same chart of 500; and the verification of 100,000 audit entries in its worker,
 * against Node hashing the same entries and nodes on one core.
 */
import { hash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { z } from 'zod';
import { leafHash, nodeHash } from '../src/features/audit/tlog/hashing.ts';
import { generateSigningKey } from '../src/features/audit/tlog/keys.ts';
import { decodeEntries, tilePath, tilesFor } from '../src/features/audit/tlog/tiles.ts';
import { ORIGIN } from '../test/support/audit.ts';
import { writeTiles } from '../test/support/audit-tiles.ts';
import { findChromium, openBrowser } from '../test/support/browser.ts';
import { freePort } from '../test/support/ports.ts';
import { type Bench, median } from './bench.ts';

const POINTS = 50_000;
const FEW = 500;
const FRAMES = 120;
/** Two frames of 60 a second, as the browser rounds them; drawn without a graphics processor. */
const FRAME_MS = 34;
const ENTRIES = 100_000;
const VERIFY_MS = 5_000;
const RUNS = 3;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

export const run: Bench = async () => {
  const chromium = findChromium();
  if (chromium === undefined) return [];
  if (!existsSync('web/dist/index.html')) throw new Error('the console was not built; build it with: npm run build');
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const key = generateSigningKey(ORIGIN, 'ed25519', () => 0);
  await writeTiles(folder, key, { size: ENTRIES, padding: 40 });
  const port = await freePort();
  const server = serve(folder, key.vkey);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const browser = await openBrowser(chromium);
  try {
    const url = `http://127.0.0.1:${port}`;
    return [await drawing(browser, url), await verifying(browser, url, folder)];
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  }
};

async function drawing(browser: Browser, url: string) {
  const framesOf = async (points: number): Promise<readonly number[]> => {
    const page = await open(browser, `${url}/#/rates?pair=B${points}/VND`);
    await page.locator('.u-over').waitFor();
    const frames = await page.evaluate(zoomAndMove, FRAMES);
    await page.context().close();
    return z
      .array(z.number())
      .parse(frames)
      .sort((a, b) => a - b);
  };
  const p95 = (frames: readonly number[]): number => frames[Math.floor(frames.length * 0.95)] ?? 0;
  const [few, many] = [await framesOf(FEW), await framesOf(POINTS)];
  console.log(
    `  raw ms a frame, ${POINTS} points: median ${median(many).toFixed(1)}, p95 ${p95(many).toFixed(1)}, worst ${many.at(-1)?.toFixed(1)}; ${FEW} points: median ${median(few).toFixed(1)}, p95 ${p95(few).toFixed(1)}`,
  );
  const value = p95(many);
  return {
    ...{ name: 'console-points-p95', value, unit: 'ms/frame', reference: `the same of ${FEW} points` },
    ...{ ratio: value / p95(few), bar: `<= ${FRAME_MS} ms`, pass: value <= FRAME_MS },
  };
}

/** In the browser: wheels over the chart, once a frame, in and out and to the sides. */
async function zoomAndMove(frames: number): Promise<readonly number[]> {
  const over = document.querySelector('.u-over');
  if (over === null) return [];
  const box = over.getBoundingClientRect();
  const took: number[] = [];
  const nextFrame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
  let before = await nextFrame();
  for (let at = 0; at < frames; at += 1) {
    const moves = at % 3 === 2;
    over.dispatchEvent(
      new WheelEvent('wheel', {
        ...{ deltaY: at % 40 < 20 ? -100 : 100, ctrlKey: !moves, shiftKey: moves, bubbles: true, cancelable: true },
        ...{ clientX: box.left + box.width * 0.6, clientY: box.top + 50 },
      }),
    );
    const now = await nextFrame();
    took.push(now - before);
    before = now;
  }
  return took;
}

async function verifying(browser: Browser, url: string, folder: string) {
  const floors: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < RUNS; round += 1) {
    floors.push(hashAll(folder));
    const page = await open(browser, `${url}/#/audit/verify`);
    const button = page.getByRole('button', { name: 'Verify now' });
    await button.waitFor();
    const from = performance.now();
    await button.click();
    await page.locator('[data-verified=holds]').waitFor();
    ours.push(performance.now() - from);
    await page.context().close();
  }
  const shown = (values: readonly number[]) => values.map((value) => value.toFixed(0)).join(' ');
  console.log(
    `  raw ms for ${ENTRIES} entries, fetched and verified in a worker: ${shown(ours)}; Node hashing them: ${shown(floors)}`,
  );
  const value = median(ours);
  return {
    ...{ name: 'console-verify-100k', value, unit: 'ms', reference: 'Node hashing alone, one core' },
    ...{ ratio: value / median(floors), bar: `<= ${VERIFY_MS} ms`, pass: value <= VERIFY_MS },
  };
}

function hashAll(folder: string): number {
  const bundles = [...tilesFor(ENTRIES)]
    .filter(({ level }) => level === 'entries')
    .map((tile) => readFileSync(join(folder, tilePath(tile))));
  const from = performance.now();
  let last: Uint8Array = hash('sha256', '', 'buffer');
  for (const bundle of bundles) for (const entry of decodeEntries(bundle)) last = nodeHash(last, leafHash(entry));
  return performance.now() - from;
}

async function open(browser: Browser, address: string): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const { origin, hash: place } = new URL(address);
  await page.goto(`${origin}/#/enter/pl_bench-bench-bench`);
  await page.goto(`${origin}/${place}`);
  return page;
}

/** The console's files, the log's tiles, and as much of the API as the two pages ask for. */
function serve(folder: string, vkey: string): Server {
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const [, points] = /^\/v1\/rates\/B(\d+)\/VND\/history$/.exec(pathname) ?? [];
    if (points !== undefined) return json({ pair: `B${points}/VND`, bucket: '1m', data: buckets(Number(points)) });
    if (pathname === '/v1/audit/log') {
      return json({
        ...{ origin: ORIGIN, zone: 'Asia/Ho_Chi_Minh', size: ENTRIES, root: '', open_date: '2026-11-26', waiting: 0 },
        ...{ published: { size: ENTRIES, signed_at: '2026-11-26T00:00:00Z' }, keys: [{ vkey, from: 0, until: null }] },
      });
    }
    if (pathname === '/healthz') return json({ status: 'ok', mode: 'live', version: '0' });
    if (pathname.startsWith('/v1/')) return json({ data: [], next: null });
    const file = pathname.startsWith('/log/')
      ? join(folder, pathname.slice(5))
      : join('web/dist', pathname === '/' ? 'index.html' : pathname);
    if (!existsSync(file)) return response.writeHead(404).end();
    response
      .writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
      .end(readFileSync(file));

    function json(body: object): void {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    }
  });
}

function buckets(count: number): readonly object[] {
  const first = Date.parse('2026-01-01T00:00:00Z');
  return Array.from({ length: count }, (_, at) => {
    const rate = 25_000 + 900 * Math.sin(at / 4_000) + 40 * Math.sin(at / 7);
    return {
      ...{ from: new Date(first + at * 60_000).toISOString(), open: rate.toFixed(2), close: rate.toFixed(2) },
      ...{
        high: (rate + 12).toFixed(2),
        low: (rate - 12).toFixed(2),
        quotes: 4,
        widest_half_spread_bps: 10,
        contested: false,
      },
    };
  });
}
