/**
 * From the commit of a deficit's report to the instant at which a mail server and a receiver of webhooks have its
 * page: PostgreSQL says when it committed, the receivers when they took it, all by one machine's clock.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { SMTPServer } from 'smtp-server';
import { z } from 'zod';
import { openPostgres } from '../src/platform/db/pg.ts';
import type { Db } from '../src/platform/db/port.ts';
import { applyMigrations } from '../test/support/migrations.ts';
import { administer, findPostgres, startPostgres, urlOf } from '../test/support/postgres.ts';
import type { Bench } from './bench.ts';
import { startPart } from './child.ts';

const DEFICITS = Number(process.env.DEFICITS ?? 100);
const BAR_MS = 5_000;
const HELLO = z.object({ url: z.string(), key: z.string() });
const REPORT = z.object({ id: z.uuid(), status: z.string() });

/** Epoch milliseconds at which each page of a deficit was taken; that it is over is no page. */
interface Receiver {
  readonly address: string;
  readonly taken: readonly number[];
  close(): Promise<unknown>;
}

const isPage = (text: string): boolean => text.includes('assets less liabilities') && !text.includes('resolved:');

async function mailServer(): Promise<Receiver> {
  const taken: number[] = [];
  const server = new SMTPServer({
    ...{ authOptional: true, disabledCommands: ['STARTTLS'] },
    onData: (stream, _session, done) => {
      let mail = '';
      stream.on('data', (chunk: Buffer) => {
        mail += chunk.toString();
      });
      stream.on('end', () => {
        if (isPage(mail.replaceAll('=\r\n', ''))) taken.push(Date.now());
        done(null);
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.server.address() as AddressInfo;
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { address: `smtp://127.0.0.1:${port}`, taken, close };
}

async function webhookServer(): Promise<Receiver> {
  const taken: number[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      if (isPage(body)) taken.push(Date.now());
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { address: `http://127.0.0.1:${port}/hook`, taken, close };
}

async function committedAt(db: Db, report: string): Promise<number> {
  const { rows } = await sql<{
    at: Date | null;
  }>`SELECT pg_xact_commit_timestamp(xmin) AS at FROM alert_receipts WHERE subject_id = ${report}`.execute(db.sql);
  const at = rows[0]?.at?.getTime();
  if (at === undefined) throw new Error(`the deficit of report ${report} has no receipt`);
  return at;
}

const share = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? 0;

/** @returns milliseconds until both had the page, of each deficit, by receiver */
async function measure(db: Db, url: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const receivers = { mail: await mailServer(), webhook: await webhookServer() };
  const part = await startPart('told-service.ts', [url, receivers.mail.address], HELLO);
  const { url: at, key } = part.hello;
  let posts = 0;
  const post = async (path: string, body: object): Promise<unknown> => {
    posts += 1;
    const headers = { 'content-type': 'application/json', 'idempotency-key': `bench-${posts}` };
    const response = await fetch(`${at}${path}`, {
      ...{ method: 'POST', headers: { ...headers, authorization: `Bearer ${key}` } },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const run = async (amount: string, isDeficit: boolean): Promise<string> => {
    await sql`UPDATE bench_pool SET amount = ${amount}::numeric`.execute(db.sql);
    const report = REPORT.parse(await post('/v1/reconciliations', { again: true }));
    if ((report.status === 'deficit') !== isDeficit)
      throw new Error(`report ${report.id} is ${report.status}: ${JSON.stringify(report)}`);
    return report.id;
  };
  try {
    for (const [channel, address] of [
      ['email', 'on-call@example.com'],
      ['webhook', receivers.webhook.address],
    ])
      await post('/v1/notification-endpoints', { team: 'on-call', label: 'bench', locale: 'en', channel, address });
    const took = new Map<string, number[]>(Object.keys(receivers).map((name) => [name, []]));
    for (let nth = 0; nth < DEFICITS; nth += 1) {
      const committed = await committedAt(db, await run('1', true));
      for (const [name, { taken }] of Object.entries(receivers)) {
        for (let tries = 0; taken.length <= nth; tries += 1) {
          if (tries > 6_000) throw new Error(`the page of deficit ${nth + 1} never came by ${name}`);
          await delay(10);
        }
        took.get(name)?.push((taken[nth] ?? 0) - committed);
      }
      await run('5000', false);
    }
    return took;
  } finally {
    await part.stop();
    for (const { close } of Object.values(receivers)) await close();
  }
}

export const run: Bench = async () => {
  const bin = await findPostgres(18);
  if (bin === undefined) throw new Error('PostgreSQL 18 is not installed: npm ci');
  const server = await startPostgres(bin, { track_commit_timestamp: 'on', fsync: 'on', synchronous_commit: 'on' });
  try {
    await administer(server.url, 'CREATE DATABASE told');
    const url = urlOf(server.url, 'told');
    const db = await openPostgres({ url, poolSize: 2 });
    try {
      await applyMigrations(db);
      await sql`CREATE TABLE bench_pool AS SELECT 5000::numeric AS amount`.execute(db.sql);
      return [...(await measure(db, url))].map(([name, took]) => {
        const sorted = [...took].sort((a, b) => a - b);
        const [p50, p95, most] = [share(sorted, 0.5), share(sorted, 0.95), sorted.at(-1) ?? 0];
        console.log(`  ${sorted.length} deficits by ${name}: p50 ${p50} ms, p95 ${p95} ms, at the most ${most} ms`);
        return {
          ...{ name: `deficit-told-${name}`, value: p95, unit: 'ms at p95', reference: 'five seconds' },
          ...{ ratio: p95 / BAR_MS, bar: '<= 1', pass: p95 <= BAR_MS },
        };
      });
    } finally {
      await db.close();
    }
  } finally {
    await server.stop();
  }
};
