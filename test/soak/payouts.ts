/**
 * Payout workers who reserve as fast as they can, over many connections, and a deficit that is committed in
 * their midst: nothing is reserved after it, nothing that was reserved is lost, and nobody is a victim of a
 * deadlock. The seed decides how a worker goes about it and when the deficit comes. 10,000 reservations a run.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { sqlState } from '../../src/platform/db/errors.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db, Tx } from '../../src/platform/db/port.ts';
import { applyMigrations } from '../support/migrations.ts';
import { administer, findPostgres, startPostgres, urlOf } from '../support/postgres.ts';
import { payoutsOver } from '../support/reconciliation.ts';
import type { Soak } from './soak.ts';

export interface Race {
  readonly seed: number;
  /** Reservations that are tried, in all. */
  readonly tries: number;
  readonly connections: number;
}

export interface Raced {
  readonly violations: readonly string[];
  readonly reserved: number;
  readonly refused: number;
  /** Milliseconds that the deficit's transaction took, and from its commit to the first refusal. */
  readonly haltMs: number;
  readonly visibleMs: number;
}

const DEADLOCK = '40P01';
const RETRY = '40001';
const HALTED = 'PL001';

/** How a worker goes about it: each is a transaction of somebody's own. */
const WAYS: readonly ((tx: Tx, merchant: number) => Promise<unknown>)[] = [
  async (tx, merchant) => {
    await sql`SELECT payouts_permitted()`.execute(tx);
    await reserve(tx, merchant);
  },
  // The money first, and then the question: no way that is advised, and it has to be right all the same.
  async (tx, merchant) => {
    await reserve(tx, merchant);
    await sql`SELECT payouts_permitted()`.execute(tx);
  },
  (tx, merchant) =>
    sql`INSERT INTO reservations (merchant) SELECT ${merchant}::int WHERE payouts_are_permitted('test')`.execute(tx),
];

async function reserve(tx: Tx, merchant: number): Promise<void> {
  await sql`UPDATE balances SET available = available - 1 WHERE merchant = ${merchant}`.execute(tx);
  await sql`INSERT INTO reservations (merchant) VALUES (${merchant})`.execute(tx);
}

export async function race(db: Db, url: string, { seed, tries, connections }: Race): Promise<Raced> {
  await sql.raw('CREATE TABLE balances (merchant int PRIMARY KEY, available bigint NOT NULL)').execute(db.sql);
  await sql
    .raw('CREATE TABLE reservations (id bigint GENERATED ALWAYS AS IDENTITY, merchant int NOT NULL)')
    .execute(db.sql);
  await sql.raw('INSERT INTO balances SELECT n, 1000000 FROM generate_series(0, 7) AS n').execute(db.sql);
  const payouts = payoutsOver(db);
  await payouts.open();
  const workers = await openPostgres({ url, poolSize: connections });
  const isolation = seed % 4 === 3 ? 'repeatable read' : 'read committed';
  const broken: string[] = [];
  let [next, refused] = [0, 0];
  let haltedAt = Number.POSITIVE_INFINITY;
  let firstRefusal = Number.POSITIVE_INFINITY;
  const count = async (): Promise<number> =>
    Number((await sql<{ n: bigint }>`SELECT count(*) AS n FROM reservations`.execute(db.sql)).rows[0]?.n);
  const work = async (worker: number): Promise<void> => {
    while (next < tries) {
      const mine = next++;
      const way = WAYS[(worker + seed) % WAYS.length] ?? reserve;
      try {
        await workers.transaction({ isolation }, (tx) => way(tx, (mine * 7 + worker) % 8));
      } catch (error) {
        const state = sqlState(error);
        if (state === HALTED) {
          refused += 1;
          firstRefusal = Math.min(firstRefusal, performance.now());
        } else if (state === DEADLOCK) broken.push('a worker was the victim of a deadlock');
        else if (state !== RETRY) broken.push(`a worker failed: ${String(error)}`);
      }
    }
  };
  try {
    const working = Promise.all(Array.from({ length: connections }, (_, worker) => work(worker)));
    // Between a tenth and a half of the way.
    while (next < (tries * (1 + ((seed * 37) % 40) / 10)) / 10) await delay(1);
    const began = performance.now();
    let during = 0;
    await db.transaction({}, async (tx) => {
      await payouts.onVerdict(tx, {
        ...{ reportId: '01939e4e-7cb2-7c00-8000-000000000000', book: 'test', reason: 'deficit', outcome: 'deficit' },
        ...{ asOf: new Date(), observedAt: new Date(), difference: '-5000.00', tolerance: '1000.00' },
      });
      // Whoever reserved has ended, whoever is to reserve waits: from here on nothing is added.
      during = Number((await sql<{ n: bigint }>`SELECT count(*) AS n FROM reservations`.execute(tx)).rows[0]?.n);
    });
    haltedAt = performance.now();
    const [halted] = await payouts.history({ limit: 1 });
    await working;
    const reserved = await count();
    const spent =
      8_000_000 -
      Number((await sql<{ n: string }>`SELECT sum(available) AS n FROM balances`.execute(db.sql)).rows[0]?.n);
    if (reserved !== during) broken.push(`${reserved - during} reservations after the halt`);
    if (halted?.unwaited !== false) broken.push('the halt did not wait for the reservations under way');
    if (spent > reserved) broken.push(`${spent} were taken and ${reserved} reserved`);
    if (reserved === 0 || reserved >= tries) broken.push(`${reserved} of ${tries} were reserved: there was no race`);
    return {
      violations: [...new Set(broken)].map((each) => `seed ${seed}: ${each}`),
      ...{ reserved, refused, haltMs: haltedAt - began },
      visibleMs: Math.max(0, firstRefusal - haltedAt),
    };
  } finally {
    await workers.close();
  }
}

/** One run on each version, PostgreSQL 15 where it is installed. */
export const run: Soak = async ({ seeds, firstSeed }) => {
  const violations: string[] = [];
  let runs = 0;
  for (const version of [15, 18] as const) {
    const bin = await findPostgres(version);
    if (bin === undefined) {
      console.log(`payouts: PostgreSQL ${version} is not installed, so it is not raced`);
      continue;
    }
    const server = await startPostgres(bin);
    try {
      for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
        const name = `soak_${randomBytes(6).toString('hex')}`;
        await administer(server.url, `CREATE DATABASE ${name}`);
        const url = urlOf(server.url, name);
        const db = await openPostgres({ url, poolSize: 4 });
        try {
          await applyMigrations(db);
          const raced = await race(db, url, { seed, tries: 10_000, connections: 24 });
          violations.push(...raced.violations);
          console.log(
            `payouts PostgreSQL ${version} seed ${seed}: ${raced.reserved} reserved, ${raced.refused} refused; the deficit's transaction took ${raced.haltMs.toFixed(0)} ms, first refusal ${raced.visibleMs.toFixed(1)} ms after its commit`,
          );
          runs += 1;
        } finally {
          await db.close();
          await administer(server.url, `DROP DATABASE ${name} WITH (FORCE)`);
        }
      }
    } finally {
      await server.stop();
    }
  }
  return { runs, violations };
};
