/**
 * Archiving a table of the reference platform's audit log (about 1,100 bytes a row, twelve indexes) against what
 * PostgreSQL and zstd alone need for the same rows: `COPY (SELECT row_to_json(...)) TO STDOUT | zstd -3`. Rows by
 * PLUMBLINE_BENCH_ROWS, 1,000,000 unless told.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { findPointers } from '../src/features/archival/pointers/store.ts';
import { systemClock } from '../src/platform/clock/system.ts';
import { openPostgres } from '../src/platform/db/pg.ts';
import type { Db } from '../src/platform/db/port.ts';
import { openColdFolder } from '../src/platform/objects/cold-folder.ts';
import { archivable, policyOf } from '../test/support/archival.ts';
import { applyMigrations } from '../test/support/migrations.ts';
import { administer, findPostgres, startPostgres, urlOf } from '../test/support/postgres.ts';
import type { Bench, Measurement } from './bench.ts';
import { percentile } from './timing.ts';

const ROWS = Number(process.env.PLUMBLINE_BENCH_ROWS ?? '1000000');
const COLUMNS = `id uuid NOT NULL, actor_type text NOT NULL, actor_id uuid NOT NULL, action text NOT NULL, resource_type text NOT NULL, resource_id uuid NOT NULL,
  status text NOT NULL, ip inet, user_agent text, request_id text, tx_hash text, amount numeric(20,2), before jsonb, after jsonb, metadata jsonb, created_at timestamptz NOT NULL`;
const INDEXED = [
  'actor_id',
  'action',
  'resource_id',
  'status',
  'ip',
  'request_id',
  'tx_hash',
  'amount',
  'actor_type, created_at',
  'resource_type, created_at',
];

async function fill(db: Db, table: string, partitioned: boolean): Promise<void> {
  await sql
    .raw(
      `CREATE TABLE ${table} (${COLUMNS}, PRIMARY KEY (id${partitioned ? ', created_at' : ''})) ${partitioned ? 'PARTITION BY RANGE (created_at)' : ''}`,
    )
    .execute(db.sql);
  if (partitioned)
    await sql
      .raw(`CREATE TABLE ${table}_10 PARTITION OF ${table} FOR VALUES FROM ('2023-10-01') TO ('2023-11-01')`)
      .execute(db.sql);
  for (let from = 0; from < ROWS; from += 100_000) {
    await sql
      .raw(
        `INSERT INTO ${table} SELECT gen_random_uuid(), 'merchant', gen_random_uuid(), 'payment.confirmed', 'payment', gen_random_uuid(), 'success',
           ('10.0.' || n % 256 || '.' || n % 200)::inet, 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/' || n % 140, md5(n::text), '0x' || md5('a' || n) || md5('b' || n), n * 1.25,
           jsonb_build_object('status', 'pending', 'attempt', n % 3, 'reference', md5('c' || n)), jsonb_build_object('status', 'confirmed', 'amount_vnd', (n * 25000::bigint)::text, 'tx', md5('d' || n) || md5('e' || n)),
           jsonb_build_object('trace', md5('f' || n), 'session', md5('g' || n), 'note', repeat('audit ', 12)),
           timestamptz '2023-10-01 00:00:00+00' + n * interval '2 seconds' FROM generate_series(${from}, ${Math.min(ROWS, from + 100_000) - 1}) AS n`,
      )
      .execute(db.sql);
  }
  for (const columns of [...INDEXED, 'created_at, id'])
    await sql.raw(`CREATE INDEX ON ${table} (${columns})`).execute(db.sql);
  await sql.raw(`ANALYZE ${table}`).execute(db.sql);
}

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

async function archive(
  db: Db,
  table: string,
  folder: string,
): Promise<{ readonly rate: number; readonly peak: number }> {
  const cold = openColdFolder({ folder: join(folder, 'cold'), clock: systemClock });
  const subject = await archivable(db, cold, table, policyOf());
  let peak = 0;
  const watching = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 100);
  const spent = new Map<string, number>();
  let last: { readonly step: string; readonly at: number } | undefined;
  const began = performance.now();
  try {
    await subject.run({
      onStep: (step) => {
        const at = performance.now();
        if (last !== undefined) spent.set(last.step, (spent.get(last.step) ?? 0) + at - last.at);
        last = { step, at };
      },
    });
  } finally {
    clearInterval(watching);
    subject.remove();
  }
  const rate = (ROWS / (performance.now() - began)) * 1000;
  const parts = [...spent].filter(([, ms]) => ms > 200).map(([step, ms]) => `${step} ${(ms / 1000).toFixed(1)} s`);
  console.log(`${table}: ${Math.round(rate)} rows/s, RSS ${Math.round(peak / 2 ** 20)} MiB; ${parts.join(', ')}`);
  return { rate, peak };
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
      await fill(db, 'audit_logs', false);
      await fill(db, 'audit_parts', true);
      const before = await bytesOf(db, 'audit_logs');
      const least = await floor(url, 'audit_logs', folder);
      const rows = await archive(db, 'audit_logs', folder);
      await sql`VACUUM audit_logs`.execute(db.sql);
      const byRows = await hotBytes(db);
      const after = await bytesOf(db, 'audit_logs');
      console.log(
        `table ${before} bytes before, ${after} after VACUUM (what is free in it is used again), ${byRows} bytes of pointers, batches and manifests`,
      );
      const parts = await archive(db, 'audit_parts', folder);
      const byPartition = (await hotBytes(db)) - byRows;
      const found = await lookUps(db);
      const peak = Math.max(rows.peak, parts.peak);
      const measured = (
        name: string,
        value: number,
        unit: string,
        reference: string,
        ratio: number,
        bar: string,
        pass: boolean,
      ): Measurement => ({ name, value, unit, reference, ratio, bar, pass });
      const pointer = (name: string, bytes: number): Measurement =>
        measured(name, bytes / ROWS, 'bytes/row', '75 bytes', bytes / ROWS / 75, '<= 1', bytes / ROWS <= 75);
      const copy = 'COPY row_to_json | zstd -3';
      return [
        measured('archival-rows', rows.rate, 'rows/s', copy, rows.rate / least, '>= 0.25', rows.rate / least >= 0.25),
        measured(
          'archival-partition',
          parts.rate,
          'rows/s',
          copy,
          parts.rate / least,
          '>= 0.6',
          parts.rate / least >= 0.6,
        ),
        measured('archival-rss', peak / 2 ** 20, 'MiB', '256 MiB', peak / 2 ** 28, '<= 1', peak <= 2 ** 28),
        pointer('archival-pointer-rows', byRows),
        pointer('archival-pointer-partition', byPartition),
        measured('archival-look-up-p99', found, 'ms', '2 ms', found / 2, '<= 1', found <= 2),
      ];
    } finally {
      await db.close();
    }
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Milliseconds in which 99 of 100 look-ups are answered. */
async function lookUps(db: Db): Promise<number> {
  const { rows } = await sql<{
    id: string;
  }>`SELECT encode(substring(records FROM 53 FOR 16), 'hex')::uuid AS id FROM archive_pointers ORDER BY lo LIMIT 2000`.execute(
    db.sql,
  );
  const taken: number[] = [];
  for (const { id } of rows) {
    const began = performance.now();
    const found = [
      ...(await findPointers(db.sql, 'public.audit_logs', id)),
      ...(await findPointers(db.sql, 'public.audit_parts', id)),
    ];
    taken.push((performance.now() - began) / 2);
    if (found.length !== 1) throw new Error(`${id} has ${found.length} pointers`);
  }
  return percentile(taken, 99);
}
