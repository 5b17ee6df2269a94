/**
 * A simulated gateway of 1,000 days that is reconciled after each: every theft is found on the first
 * run, at its place and to the last unit; no honest day gives an alarm or leaves a hundredth of a dong
 * unexplained. Some of the days are reconciled by the whole service over a real PostgreSQL.
 */
import { endOfDay } from '../../src/kernel/business-date.ts';
import { formatDecimal } from '../../src/kernel/decimal.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { applyMigrations } from '../support/migrations.ts';
import { administer, findPostgres, startPostgres, urlOf } from '../support/postgres.ts';
import { live, type Outcome } from './gateway/days.ts';
import { BOOK } from './gateway/mirror.ts';
import { Tables } from './gateway/tables.ts';
import type { Soak } from './soak.ts';

const DAYS = 1_000;
const THEFTS = 100;
const SAMPLE = 40; // one day in so many goes through the database

export const run: Soak = async ({ seeds, firstSeed }) => {
  const bin = await findPostgres(18);
  if (bin === undefined) throw new Error('PostgreSQL 18 is not installed: npm ci');
  const server = await startPostgres(bin);
  const violations: string[] = [];
  try {
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      const name = `gateway_${seed}`;
      await administer(server.url, `CREATE DATABASE ${name}`);
      const db = await openPostgres({ url: urlOf(server.url, name), poolSize: 2 });
      try {
        await applyMigrations(db);
        const outcome = await liveInTables(db, { seed, days: DAYS, thefts: THEFTS, sample: SAMPLE });
        violations.push(...outcome.violations);
        console.log(summary(seed, outcome));
      } finally {
        await db.close();
        await administer(server.url, `DROP DATABASE ${name} WITH (FORCE)`);
      }
    }
  } finally {
    await server.stop();
  }
  return { runs: seeds, violations };
};

interface Slice {
  readonly seed: number;
  readonly days: number;
  readonly thefts: number;
  /** One day in so many, and every day of a theft of a seventh, is reconciled over the tables. */
  readonly sample: number;
}

export type TablesOutcome = Outcome & { readonly reconciled: number };

/** On a migrated database that nobody else uses. */
export async function liveInTables(db: Db, { sample, ...plan }: Slice): Promise<TablesOutcome> {
  const tables = new Tables(db);
  await tables.create();
  const violations: string[] = [];
  let reconciled = 0;
  let waiting: (() => Promise<readonly string[]>) | undefined;
  let day = 0;
  const outcome = await live({
    ...plan,
    witness: tables,
    onDay: async (date, report, mid) => {
      if (waiting !== undefined) {
        await tables.flush();
        violations.push(...(await waiting()));
      }
      const cut = endOfDay(date, BOOK.zone);
      const unusual = report.truth?.verdict.kind === 'known' && report.truth.verdict.breaks.length > 0 && day % 7 === 0;
      // A day later, when the tables hold what happened after the cut.
      const late = () => tables.reconcile(date, cut, cut + 86_400_000, report, mid);
      waiting = day % sample === sample - 1 || unusual ? late : undefined;
      if (waiting !== undefined) reconciled += 1;
      day += 1;
    },
  });
  return { ...outcome, reconciled, violations: [...outcome.violations, ...violations] };
}

export const summary = (seed: number, outcome: TablesOutcome): string => {
  const { thefts, found, hidden, hiddenFound, falseAlarms, honestDays, insolventDays, reconciled } = outcome;
  const happened = [...outcome.counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, count]) => `${what} ${count}`);
  return [
    `reconciliation-gateway seed ${seed}: thefts found ${found}/${thefts}, below the tolerance or masked by a gain ${hiddenFound}/${hidden}, `,
    `false alarms ${falseAlarms} on ${honestDays} honest days, most unexplained on any of them ${formatDecimal({ units: outcome.mostUnexplained, scale: 2 })} VND, days not solvent ${insolventDays}, `,
    `days over PostgreSQL ${reconciled}; ${happened.join(', ')}`,
  ].join('');
};
