/**
 * Notifications that wait in PostgreSQL, sent by four workers over a channel that takes everything at once, each
 * with its attempt written and captured for the audit log; beside pg-boss alone, moving the same number of empty
 * jobs by four workers in the same run.
 */
import { z } from 'zod';
import { openPostgres } from '../src/platform/db/pg.ts';
import { applyMigrations } from '../test/support/migrations.ts';
import { administer, findPostgres, startPostgres, urlOf } from '../test/support/postgres.ts';
import type { Bench } from './bench.ts';
import { runPart } from './child.ts';
import { queueJobs, queueNotifications } from './notifications-queues.ts';

const COUNT = Number(process.env.NOTIFICATIONS ?? 1_000_000);
const WORKERS = 4;
const BAR = 0.3;
/** What the heap may grow between a tenth of the way and its end. */
const FLAT_MB = 32;

const ANSWER = z.object({
  ...{ done: z.int(), ms: z.number(), earlyMb: z.number(), lateMb: z.number() },
  ...{ earlyRssMb: z.number(), halfRssMb: z.number(), lateRssMb: z.number() },
});

export const run: Bench = async () => {
  const bin = await findPostgres(18);
  if (bin === undefined) throw new Error('PostgreSQL 18 is not installed: npm ci');
  const server = await startPostgres(bin, { datestyle: 'ISO, MDY' }); // pg-boss reads its times in it
  try {
    const measure = async (what: 'notifications' | 'pg-boss') => {
      const name = `bench_${what.replace('-', '_')}`;
      await administer(server.url, `CREATE DATABASE ${name}`);
      const url = urlOf(server.url, name);
      const db = await openPostgres({ url, poolSize: 2 });
      if (what === 'notifications') {
        await applyMigrations(db);
        await queueNotifications(db, COUNT);
      } else await queueJobs(url, db, COUNT);
      await db.close();
      const began = performance.now();
      const parts = await Promise.all(
        Array.from({ length: WORKERS }, (_, nth) =>
          runPart('notifications-child.ts', [what, url, String(nth), String(COUNT)], ANSWER),
        ),
      );
      const seconds = (performance.now() - began) / 1_000;
      const done = parts.reduce((sum, part) => sum + part.done, 0);
      if (done !== COUNT) throw new Error(`${what}: ${done} of ${COUNT} were done`);
      const grown = Math.max(...parts.map((part) => part.lateMb - part.earlyMb));
      console.log(
        `  ${what}: ${COUNT} by ${WORKERS} workers in ${seconds.toFixed(1)} s, ${(COUNT / seconds).toFixed(0)}/s; heap of a worker grew by ${grown.toFixed(1)} MB at most`,
      );
      const most = (of: (part: (typeof parts)[number]) => number): string => Math.max(...parts.map(of)).toFixed(1);
      console.log(
        `  ${what}: memory of a worker: heap ${most((part) => part.earlyMb)} MB at 10 % and ${most((part) => part.lateMb)} at 100 %; resident ${most((part) => part.earlyRssMb)} MB at 10 %, ${most((part) => part.halfRssMb)} at 50 % and ${most((part) => part.lateRssMb)} at 100 %`,
      );
      await administer(server.url, `DROP DATABASE ${name} WITH (FORCE)`);
      return { perSecond: COUNT / seconds, grown };
    };
    const boss = await measure('pg-boss');
    const ours = await measure('notifications');
    const ratio = ours.perSecond / boss.perSecond;
    return [
      {
        ...{
          name: 'notifications',
          value: ours.perSecond,
          unit: 'notifications/s',
          reference: 'pg-boss alone with empty jobs',
        },
        ...{ ratio, bar: `>= ${BAR}`, pass: ratio >= BAR },
      },
      {
        ...{
          name: 'notifications-memory',
          value: ours.grown,
          unit: 'MB grown',
          reference: 'pg-boss alone with empty jobs',
        },
        ...{ ratio: ours.grown / Math.max(1, boss.grown), bar: `<= ${FLAT_MB} MB`, pass: ours.grown <= FLAT_MB },
      },
    ];
  } finally {
    await server.stop();
  }
};
