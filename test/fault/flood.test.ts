/** A provider that sends 200 MB costs the service no more memory than the cap of a body and its surroundings. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { run } from '../support/child.ts';

const CHILD = fileURLToPath(new URL('flood-child.ts', import.meta.url));
const MB = 1024 * 1024;
const FLOOD = 200 * MB;
const MOST = 5 * MB;
/** About the cap of the client: one body under it, one over it. */
const SMALL = 60_000;
const OVER = 70_000;

/** Bytes; `costliest` is the most that one call had in use at once, `kept` what all of them left behind. */
const REPORT = z.object({ ends: z.array(z.string()), costliest: z.int(), kept: z.int(), rssGrowth: z.int() });

let server: Server;
let origin: string;

function pour(response: ServerResponse): void {
  const block = Buffer.alloc(64 * 1024, 0x20);
  let left = FLOOD;
  const more = (): void => {
    while (left > 0) {
      left -= block.length;
      if (response.write(block)) continue;
      response.once('drain', more);
      return;
    }
    response.end();
  };
  more();
}

beforeAll(async () => {
  server = createServer(({ url }, response) => {
    if (url === '/small') response.end(Buffer.alloc(SMALL, 0x20));
    else if (url === '/over') response.end(Buffer.alloc(OVER, 0x20));
    else {
      response.writeHead(200, url === '/sized' ? { 'content-length': String(FLOOD) } : {});
      pour(response);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function ask(path: string, calls: number, cap: number) {
  const args = ['--expose-gc', CHILD, `${origin}${path}`, String(calls), String(cap)];
  return REPORT.parse(JSON.parse(await run(process.execPath, args)));
}

it.each([
  ['of a size that is said', '/sized'],
  ['in chunks', '/chunked'],
])('200 MB %s end as too large, and cost 5 MB at most', async (_, path) => {
  const { ends, costliest, kept, rssGrowth } = await ask(path, 10, 64 * 1024);
  expect(ends).toEqual(['http.too_large']);
  expect(costliest).toBeLessThanOrEqual(MOST);
  expect(kept).toBeLessThanOrEqual(MOST);
  expect(rssGrowth).toBeLessThanOrEqual(MOST);
});

it('and the same measure sees what a client holds that wants more', async () => {
  const { ends, costliest, rssGrowth } = await ask('/chunked', 1, 40 * MB);
  expect(ends).toEqual(['http.too_large']);
  expect(costliest).toBeGreaterThan(30 * MB);
  expect(rssGrowth).toBeGreaterThan(20 * MB);
});
