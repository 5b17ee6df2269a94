/**
 * Archiving a table of the reference platform's audit log (about 1,100 bytes a row, twelve indexes) against what
 * PostgreSQL and zstd alone need for the same rows: `COPY (SELECT row_to_json(...)) TO STDOUT | zstd -3`. Rows by
 * PLUMBLINE_BENCH_ROWS, 1,000,000 unless told; memory with five times as many, which leave by partition.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { findPointers } from '../src/features/archival/pointers/store.ts';
import { openPostgres } from '../src/platform/db/pg.ts';
import type { Db } from '../src/platform/db/port.ts';
import { applyMigrations } from '../test/support/migrations.ts';
import { administer, findPostgres, startPostgres, urlOf } from '../test/support/postgres.ts';
import { ARCHIVED, type Archived } from './archival-answer.ts';
import { fill } from './archival-table.ts';
import type { Bench, Measurement } from './bench.ts';
import { runPart } from './child.ts';
import { percentile } from './timing.ts';

const ROWS = Number(process.env.PLUMBLINE_BENCH_ROWS ?? '1000000');

/** Look-ups that are measured, after some in which PostgreSQL compiles and plans, as it has where a service runs. */
const LOOK_UPS = 5_000;
const WARMING = 200;

/** Rows a second of COPY through zstd -3, which is what cannot be done without. */
async function floor(url: string, table: string, folder: string): Promise<number> {
  const output = join(folder, 'floor.zst');
  const copy = `COPY (SELECT row_to_json(t) FROM ${table} AS t ORDER BY created_at, id) TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')`;
  const began = performance.now();
  const child = spawn('sh', ['-c', `psql "$1" -qc "$2" | zstd -3 -q -f -o "$3"`, 'sh', url, copy, output], {
    stdio: 'inherit',
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error('psql | zstd failed: both are needed for this bench');
  const rate = (ROWS / (performance.now() - began)) * 1000;
  console.log(`floor: ${Math.round(rate)} rows/s, ${statSync(output).size} bytes`);
  rmSync(output);
  return rate;
}

const bytesOf = async (db: Db, ...tables: readonly string[]): Promise<number> => {
  const { rows } = await sql<{
    n: bigint;
  }>`SELECT sum(pg_total_relation_size(t))::bigint AS n FROM unnest(${`{${tables.join(',')}}`}::regclass[]) AS t`.execute(
    db.sql,
  );
  return Number(rows[0]?.n ?? 0n);
};

/** What archiving costs the database itself. */
const hotBytes = (db: Db): Promise<number> =>
  bytesOf(db, 'archive_pointers', 'archive_pointer_parts', 'archive_kept', 'archive_batches', 'archive_manifests');

interface Run extends Archived {
  readonly rate: number;
  readonly peakMiB: number;
}

/** What filling the table left to do is not done beside. */
const settle = (db: Db): Promise<unknown> => sql`CHECKPOINT`.execute(db.sql);

async function archive(db: Db, url: string, table: string, folder: string): Promise<Run> {
  await settle(db);
  const cold = join(folder, table);
  const answer = await runPart('archival-child.ts', [url, table, cold], ARCHIVED);
  rmSync(cold, { recursive: true, force: true });
  const run = {
    ...answer,
    rate: (answer.rows / answer.ms) * 1000,
    peakMiB: Math.max(...answer.peaks.map(({ miB }) => miB)),
  };
  const parts = Object.entries(answer.spent).filter(([, ms]) => ms > 200);
  console.log(
    `${table}: ${Math.round(run.rate)} rows/s; ${parts.map(([step, ms]) => `${step} ${(ms / 1000).toFixed(1)} s`).join(', ')}`,
  );
  console.log(
    `${table}: RSS ${answer.peaks.map(({ rows, miB }) => `${Math.round(miB)} MiB to ${rows}`).join(', ')} rows`,
  );
  return run;
}

export const run: Bench = async () => {
  const bin = await findPostgres(15);
  if (bin === undefined) throw new Error('PostgreSQL 15 is not installed');
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const server = await startPostgres(bin, { shared_buffers: '1GB', max_wal_size: '8GB', work_mem: '64MB' });
  try {
    await administer(server.url, 'CREATE DATABASE bench');
    const url = urlOf(server.url, 'bench');
    const db = await openPostgres({ url });
    try {
      await applyMigrations(db);
      return await measure(db, url, folder);
    } finally {
      await db.close();
    }
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

async function measure(db: Db, url: string, folder: string): Promise<readonly Measurement[]> {
  await fill(db, { name: 'audit_logs', rows: ROWS });
  const before = await bytesOf(db, 'audit_logs');
  await settle(db);
  const least = await floor(url, 'audit_logs', folder);
  const rows = await archive(db, url, 'audit_logs', folder);
  const byRows = await hotBytes(db);
  // A run leaves room inside the files, which later rows take. What gives it back to the disk: docs/operations/archival.md.
  await sql`VACUUM audit_logs`.execute(db.sql);
  const vacuumed = await bytesOf(db, 'audit_logs');
  await sql`VACUUM FULL audit_logs`.execute(db.sql);
  const after = await bytesOf(db, 'audit_logs');
  console.log(
    `audit_logs: ${before} bytes, ${vacuumed} after VACUUM, ${after} after VACUUM FULL, ${byRows} of pointers`,
  );
  await sql`DROP TABLE audit_logs`.execute(db.sql);

  await fill(db, { name: 'audit_parts', rows: ROWS, partitioned: true });
  const partsBefore = await partitionBytes(db);
  const parts = await archive(db, url, 'audit_parts', folder);
  const byPartition = (await hotBytes(db)) - byRows;
  const partsAfter = await partitionBytes(db);
  console.log(`audit_parts: ${partsBefore} bytes, ${partsAfter} after its partitions were dropped`);
  await sql`DROP TABLE audit_parts`.execute(db.sql);

  await fill(db, { name: 'audit_many', rows: 5 * ROWS, partitioned: true, bare: true });
  const many = await archive(db, url, 'audit_many', folder);
  const found = await lookUps(db);

  const copy = 'COPY row_to_json | zstd -3';
  const peak = Math.max(rows.peakMiB, parts.peakMiB, many.peakMiB);
  return [
    atLeast('archival-rows', rows.rate, 'rows/s', copy, rows.rate / least, 0.25),
    atLeast('archival-partition', parts.rate, 'rows/s', copy, parts.rate / least, 0.6),
    atMost('archival-rss', peak, 'MiB', '256 MiB', peak / 256, 1),
    atMost('archival-rss-growth', many.peakMiB, 'MiB', `with ${ROWS} rows`, many.peakMiB / parts.peakMiB, 1.1),
    atMost('archival-pointer-rows', byRows / ROWS, 'bytes/row', '75 bytes', byRows / ROWS / 75, 1),
    atMost('archival-pointer-partition', byPartition / ROWS, 'bytes/row', '75 bytes', byPartition / ROWS / 75, 1),
    atMost('archival-look-up-p99', found.ms, 'ms', `2 ms at ${found.pointers} pointers`, found.ms / 2, 1),
    atMost('archival-table-rows', after + byRows, 'bytes', 'the table before', (after + byRows) / before, 0.1),
    atMost(
      'archival-table-partition',
      partsAfter + byPartition,
      'bytes',
      'the table before',
      (partsAfter + byPartition) / partsBefore,
      0.1,
    ),
  ];
}

/** Milliseconds in which 99 of 100 rows of the large table are found, picked from all over it. */
async function lookUps(db: Db): Promise<{ readonly ms: number; readonly pointers: number }> {
  const { rows } = await sql<{ id: string }>`
    SELECT encode(substring(records FROM floor(random() * (octet_length(records) / 52))::integer * 52 + 1 FOR 16), 'hex')::uuid AS id
    FROM archive_pointers ORDER BY random() LIMIT ${WARMING + LOOK_UPS}`.execute(db.sql);
  const all = await sql<{ n: bigint }>`SELECT sum(archived_rows)::bigint AS n FROM archive_batches`.execute(db.sql);
  // What archiving left to do is not done while rows are looked up.
  await sql`VACUUM ANALYZE archive_pointers`.execute(db.sql);
  await sql`CHECKPOINT`.execute(db.sql);
  const taken: number[] = [];
  for (const { id } of rows) {
    const began = performance.now();
    const found = await findPointers(db.sql, 'public.audit_many', id);
    taken.push(performance.now() - began);
    // The other tables have the rest of the pointers: there it is not there.
    if (found.length > 1) throw new Error(`${id} has ${found.length} pointers`);
  }
  return { ms: percentile(taken.slice(WARMING), 99), pointers: Number(all.rows[0]?.n ?? 0n) };
}

/** Of a table and all its partitions that are there still. */
const partitionBytes = async (db: Db): Promise<number> => {
  const { rows } = await sql<{
    n: bigint;
  }>`SELECT sum(pg_total_relation_size(relid))::bigint AS n FROM pg_partition_tree('audit_parts')`.execute(db.sql);
  return Number(rows[0]?.n ?? 0n);
};

function atLeast(
  name: string,
  value: number,
  unit: string,
  reference: string,
  ratio: number,
  bar: number,
): Measurement {
  return { name, value, unit, reference, ratio, bar: `>= ${bar}`, pass: ratio >= bar };
}

function atMost(name: string, value: number, unit: string, reference: string, ratio: number, bar: number): Measurement {
  return { name, value, unit, reference, ratio, bar: `<= ${bar}`, pass: ratio <= bar };
}
