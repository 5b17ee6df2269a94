/**
 * The proof of liabilities over many merchants, against the copy of the same rows into the same kind of
 * process, which any program that looks at each balance pays. Its tree beside others: liability-tree.ts.
 * PLUMBLINE_BENCH_MERCHANTS says how many, 10,000,000 unless told; PLUMBLINE_BENCH_ROUNDS how often, 3.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { z } from 'zod';
import { openPostgres } from '../src/platform/db/pg.ts';
import { findPostgres, startPostgres } from '../test/support/postgres.ts';
import { type Bench, type Measurement, median } from './bench.ts';
import { runPart } from './child.ts';

const MERCHANTS = Number(process.env.PLUMBLINE_BENCH_MERCHANTS ?? 10_000_000);
const ROUNDS = Number(process.env.PLUMBLINE_BENCH_ROUNDS ?? 3);
const FIGURES = z.record(z.string(), z.number());

export const run: Bench = async () => {
  const bin = await findPostgres(15);
  if (bin === undefined) throw new Error('PostgreSQL 15 is not installed: apt-get install postgresql-15');
  const server = await startPostgres(bin, { shared_buffers: '1GB', max_wal_size: '4GB' });
  const db = await openPostgres({ url: server.url });
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-proof-'));
  let object = 0;
  /** In a fresh process, with a fresh folder for its objects. */
  const part = async (name: string): Promise<Readonly<Record<string, number>>> => {
    object += 1;
    const own = join(folder, String(object));
    const figures = await runPart('liability-proof-part.ts', [name, server.url, own], FIGURES);
    rmSync(own, { recursive: true, force: true });
    return figures;
  };
  const rounds = async (names: readonly string[]): Promise<ReadonlyMap<string, Figures>> => {
    const all = new Map<string, Readonly<Record<string, number>>[]>(names.map((name) => [name, []]));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const name of names) all.get(name)?.push(await part(name));
    }
    return new Map([...all].map(([name, figures]) => [name, middle(name, figures)]));
  };
  try {
    await balances(db, MERCHANTS);
    const sum: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const from = performance.now();
      await sql`SELECT sum(available + pending + reserved) FROM balances`.execute(db.sql);
      sum.push(performance.now() - from);
    }
    console.log(`  SUM over ${MERCHANTS} rows: ${sum.map((each) => each.toFixed(0)).join(' ')} ms`);
    const many = await rounds(['copy', 'streamed', 'kept']);
    return measurements(many);
  } finally {
    await db.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

type Figures = (name: string) => number;

function middle(name: string, figures: readonly Readonly<Record<string, number>>[]): Figures {
  for (const each of figures)
    console.log(
      `  ${name}: ${Object.entries(each)
        .map(([what, value]) => `${what} ${value.toFixed(2)}`)
        .join(', ')}`,
    );
  return (what) => median(figures.map((each) => each[what] ?? Number.NaN));
}

async function balances(db: Awaited<ReturnType<typeof openPostgres>>, count: number): Promise<void> {
  await sql`DROP TABLE IF EXISTS balances`.execute(db.sql);
  await sql`CREATE TABLE balances AS SELECT gen_random_uuid() AS merchant_id, (n * 7919 % 100000007 / 100.0)::numeric(20,2) AS available,
    (n % 977)::numeric(20,2) AS pending, (n % 13)::numeric(20,2) AS reserved FROM generate_series(1::bigint, ${count}::bigint) AS n`.execute(
    db.sql,
  );
  await sql`VACUUM ANALYZE balances`.execute(db.sql);
}

function measurements(many: ReadonlyMap<string, Figures>): readonly Measurement[] {
  const of = (name: string, what: string): number => many.get(name)?.(what) ?? Number.NaN;
  const against = (
    name: string,
    unit: string,
    value: number,
    reference: string,
    least: number,
    most: number,
  ): Measurement => {
    const ratio = value / least;
    return { name, value, unit, reference, ratio, bar: `<= ${most}`, pass: ratio <= most };
  };
  const copied = of('copy', 'ms');
  return [
    against('liability-proof-streamed', 'ms', of('streamed', 'ms'), 'binary COPY of the same rows', copied, 8),
    against('liability-proof-kept', 'ms', of('kept', 'ms'), 'binary COPY of the same rows', copied, 8),
    against('liability-proof-streamed-memory', 'MB', of('streamed', 'rssMb'), '256 MB', 256, 1),
    against('liability-proof-kept-memory', 'MB', of('kept', 'rssMb'), '2.2 GB', 2200, 1),
    against('liability-proof-size', 'B', of('kept', 'size'), '1.5 kB', 1500, 1),
    against('liability-proof-made-cold', 'ms', of('kept', 'madeMs'), '5 ms', 5, 1),
    against('liability-proof-verified', 'ms', of('kept', 'verifiedMs'), '1 ms', 1, 1),
  ];
}
